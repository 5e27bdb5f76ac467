"""The shared folder of the workers of one training: what each is to do, the inputs of all, and their heart-beats."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate import files
from graduate.pipeline.kubeflow.places import ENVIRONMENT_VARIABLE as MOUNTS
from graduate.pipeline.kubeflow.places import Mounts, in_container

FOLDER = "workers"
_BEAT_SECONDS = 5.0
_FORGOTTEN_SECONDS = 86400.0  # after which the folder of a team whose chief's machine died is removed


@dataclass(frozen=True)
class Team:
    """The folder of one team.

    Args:
        root: the folder.
        workers: how many.
        mounts: per worker, GRADUATE_MOUNTS: all but the chief have folders of their own for what they write.
    """

    root: Path
    workers: int
    mounts: Sequence[Mapping[str, str]]

    def beats(self, generation: int) -> Path:
        """The folder of the heart-beats of the workers that were started together."""
        return self.root / "beats" / str(generation)

    def logs(self) -> Path:
        """The folder of what workers print, where nothing else keeps it."""
        return self.root / "logs"

    def write_plan(self, generation: int, command: Sequence[str], hosts: Sequence[str], silent_s: float) -> Path:
        """Write down what each worker is to do; `silent_s` without a heart-beat are too long."""
        path = self.root / f"plan-{generation}.json"
        plan = {
            "command": list(command),
            "hosts": list(hosts),
            "mounts": [dict(one) for one in self.mounts],
            "beats": {
                "folder": str(self.beats(generation)),
                "every": min(_BEAT_SECONDS, silent_s / 4),
                "watched": str(self.root),
                "alone_s": 2 * silent_s,
            },
        }
        files.write_json(path, plan)
        return path

    def touch(self) -> None:
        """Say that somebody watches these workers."""
        os.utime(self.root)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.root, ignore_errors=True)


def gather(scratch: str, executor_input: Mapping[str, Any], workers: int, shares_disk: bool) -> Team:
    """Make the folder of a team, and put the step's inputs where all workers see them.

    Args:
        scratch: a folder of the container, on a disk that all workers share.
        executor_input: Kubeflow's, of the step.
        shares_disk: whether all workers see the paths of this machine anyway.
    """
    here = json.loads(os.environ.get(MOUNTS) or "{}")
    mounts = Mounts(here)
    parent = Path(mounts.local(scratch)) / FOLDER
    _sweep(parent)
    root = parent / uuid.uuid4().hex[:12]
    root.mkdir(parents=True)
    staged = {} if shares_disk else _stage(executor_input, mounts, root / "inputs")
    writes = [scratch, *_written(executor_input)]
    own = [
        {path: str(root / f"worker-{number}" / str(i)) for i, path in enumerate(writes)} for number in range(1, workers)
    ]
    for number in range(1, workers):
        (root / f"worker-{number}").mkdir()
    return Team(root, workers, [here, *({**here, **staged, **one} for one in own)])


def _stage(given: Mapping[str, Any], mounts: Mounts, place: Path) -> dict[str, str]:
    """Copy the artifacts that Kubeflow's launcher has brought; {container path: copy}."""
    found: dict[str, str] = {}
    for path in _read(given):
        here, copy = Path(mounts.local(path)), place / str(len(found))
        if not here.exists() or path in found:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, copy)
        else:
            shutil.copyfile(here, copy)
        found[path] = str(copy)
    return found


def _read(given: Mapping[str, Any]) -> Iterator[str]:
    yield from _artifacts(given.get("inputs", {}))


def _written(given: Mapping[str, Any]) -> Iterator[str]:
    outputs = given.get("outputs", {})
    yield from _artifacts(outputs)
    for parameter in outputs.get("parameters", {}).values():
        yield parameter["outputFile"]
    if outputs.get("outputFile"):
        yield outputs["outputFile"]


def _artifacts(given: Mapping[str, Any]) -> Iterator[str]:
    for listed in given.get("artifacts", {}).values():
        for one in listed.get("artifacts", []):
            if one.get("uri"):
                yield in_container(one["uri"]).rstrip("/")


def _sweep(parent: Path) -> None:
    """Remove what a chief left whose machine died."""
    for one in parent.glob("*"):
        try:
            if time.time() - one.stat().st_mtime > _FORGOTTEN_SECONDS:
                shutil.rmtree(one, ignore_errors=True)
        except OSError:
            continue
