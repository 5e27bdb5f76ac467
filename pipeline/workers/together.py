"""Trains on several workers: started together, watched, and, where one fails, all started again from the checkpoint."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.errors import DATA_REFUSED, USAGE, DataError, UsageError, UserError
from graduate.pipeline import events
from graduate.pipeline.workers import beats, team
from graduate.pipeline.workers.launcher import Launcher, Worker
from graduate.pipeline.workers.watch import Patience, Watch

CHOICE = "GRADUATE_WORKERS"  # `local`: processes of this machine instead of pods
_USERS_OWN = {USAGE: UsageError, DATA_REFUSED: DataError}  # another try would end the same way


@dataclass(frozen=True)
class _Trouble:
    reason: str
    code: int = 1


def train_together(
    command: Sequence[str],
    executor_input: Mapping[str, Any],
    workers: int,
    scratch: str,
    launcher: Launcher | None = None,
    patience: Patience | None = None,
) -> None:
    """Run a step as the chief of several workers; what the chief writes is the step's output.

    Args:
        command: of the step; each worker executes it with an environment that makes it one (`is_member`).
        executor_input: Kubeflow's, which names what the step reads and writes.
        workers: how many, the chief included.
        scratch: a folder of the container for checkpoints, on a volume that all workers share.
        launcher: default: pods of a Job, or, where the environment has GRADUATE_WORKERS=local, processes here.
        patience: default: the environment's.

    Raises:
        UserError: it failed for good; with why.
    """
    patience = patience or Patience.from_environment()
    launcher = launcher or _launcher(scratch)
    _heed_termination()
    crew = team.gather(scratch, executor_input, workers, launcher.shares_disk)
    try:
        _train(command, crew, launcher, patience)
    finally:
        launcher.stop()
        launcher.close()
        crew.remove()


def _launcher(scratch: str) -> Launcher:
    asked = os.environ.get(CHOICE, "")
    if asked == "local":
        from graduate.pipeline.workers.local import LocalProcesses

        return LocalProcesses()
    if asked:
        raise UsageError(f"{asked!r} starts no workers", hint="local, or nothing for a cluster's", where=CHOICE)
    from graduate.pipeline.workers.kubernetes_job import KubernetesJob

    return KubernetesJob.of_this_pod(scratch)


def _heed_termination() -> None:
    """SIGTERM, by which a cluster ends a run, ends the workers too: their Job would outlive this container."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def _train(command: Sequence[str], crew: team.Team, launcher: Launcher, patience: Patience) -> None:
    furthest, failures = -1, 0
    for generation in itertools.count(1):
        hosts = launcher.hosts(generation, crew.workers)
        plan = crew.write_plan(generation, command, hosts, patience.silent_s)
        launcher.start(generation, plan, crew.workers)
        trouble = _until_it_ends(crew, generation, launcher, patience)
        launcher.stop()
        if trouble is None:
            return
        if kind := _USERS_OWN.get(trouble.code):
            raise kind(f"{trouble.reason}; its error stands above", where="Trainer")
        chief = beats.read(crew.beats(generation), 1).get(0)
        if chief is not None and chief.began is not None and chief.began > furthest:
            furthest, failures = chief.began, 0
        failures += 1
        if failures > patience.restarts:
            raise UserError(
                f"{trouble.reason}; {_times(patience.restarts)} did not get further",
                hint="the workers' logs say more; started again, the training goes on from its last checkpoint",
                where="Trainer",
            )
        _say(f"{trouble.reason}: all workers are started again and go on from the last checkpoint")
        time.sleep(patience.pause_s * failures)


def _times(restarts: int) -> str:
    return "another try" if restarts == 1 else f"{restarts} other tries"


def _until_it_ends(crew: team.Team, generation: int, launcher: Launcher, patience: Patience) -> _Trouble | None:
    """Watch the workers; None once the chief has ended well, whatever becomes of the others after that."""
    watch, told = Watch(patience, crew.workers, time.monotonic()), 0
    for looked in _looks(launcher, patience.poll_s):
        crew.touch()
        seen = beats.read(crew.beats(generation), crew.workers)
        if 0 in seen:
            for note in seen[0].notes[told:]:
                print(f"workers: {note}", file=sys.stderr, flush=True)
            told = len(seen[0].notes)
        chief = looked[0]
        if chief.ended and chief.code == 0:
            return None
        trained = 0 in seen and seen[0].state == "trained"  # then the chief needs no other worker
        if chief.ended or (not trained and any(one.ended and one.code for one in looked)):
            return _to_blame(launcher)
        if reason := watch.trouble(seen, looked, time.monotonic()):
            return _Trouble(reason)
    raise AssertionError


def _looks(launcher: Launcher, every: float) -> Iterator[Sequence[Worker]]:
    while True:
        yield launcher.look()
        time.sleep(every)


def _to_blame(launcher: Launcher) -> _Trouble:
    """Of the workers that failed the one that did so by itself: killed rather than ended, since one's end fails all."""
    time.sleep(launcher.settle_s)
    failed = [one for one in launcher.look() if one.ended and one.code]
    own = [one for one in failed if one.code in _USERS_OWN]
    killed = [one for one in failed if one.code < 0 or one.code >= 128]
    blamed = (own or killed or failed)[0]
    return _Trouble(str(blamed), blamed.code)


def _say(sentence: str) -> None:
    print(f"workers: {sentence}", file=sys.stderr, flush=True)
    events.emit("note", node="Trainer", text=sentence)
