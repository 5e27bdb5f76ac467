"""Whether something is wrong with workers that have not ended: not come, frozen, or stuck."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from graduate.errors import UsageError
from graduate.pipeline.workers.beats import Beat
from graduate.pipeline.workers.launcher import Worker

_PREFIX = "GRADUATE_WORKERS_"


@dataclass(frozen=True)
class Patience:
    """How long is waited for what, in seconds; each may be set by an environment variable GRADUATE_WORKERS_….

    Args:
        start_s: until all workers are there; a cluster may have to find machines.
        silent_s: without a heart-beat.
        stuck_s: without a step, while all beat; the first step is compiled in it.
        restarts: in a row that get no further than the one before.
        pause_s: before a restart; times the number of restarts in a row.
        poll_s: between two looks.
    """

    start_s: float = 1800.0
    silent_s: float = 300.0
    stuck_s: float = 1800.0
    restarts: int = 3
    pause_s: float = 1.0
    poll_s: float = 0.25

    @classmethod
    def from_environment(cls) -> Patience:
        """The defaults, but for what the environment sets.

        Raises:
            UsageError: a variable is no number.
        """
        given: dict[str, float] = {}
        for one in fields(cls):
            text = os.environ.get(_PREFIX + one.name.upper())
            if not text:
                continue
            try:
                given[one.name] = float(text) if one.name.endswith("_s") else int(text)
                if given[one.name] < 0:
                    raise ValueError
            except ValueError as error:
                raise UsageError(f"{text!r} is no number", where=_PREFIX + one.name.upper()) from error
        return cls(**given)  # type: ignore[arg-type]


class Watch:
    """Looks at heart-beats, by one clock: that of whoever watches.

    Args:
        patience: how long is waited.
        workers: how many there have to be.
        now: when they were started.
    """

    def __init__(self, patience: Patience, workers: int, now: float) -> None:
        self._patience, self._workers, self._started = patience, workers, now
        self._beaten: dict[int, tuple[int, float]] = {}  # worker: its last count, and when that was new
        self._stepped: tuple[tuple[str, int], float] = (("", -1), now)

    def trouble(self, beats: Mapping[int, Beat], workers: Sequence[Worker], now: float) -> str | None:
        """What is wrong, in a sentence; None where nothing is."""
        return self._missing(beats, workers, now) or self._silent(beats, workers, now) or self._stuck(beats, now)

    def _missing(self, beats: Mapping[int, Beat], workers: Sequence[Worker], now: float) -> str | None:
        away = [one for one in range(self._workers) if one not in beats]
        if not away or now - self._started < self._patience.start_s:
            return None
        reasons = {one.reason for one in workers if one.number in away and one.reason}
        why = f": {'; '.join(sorted(reasons))}" if reasons else ""
        return f"{_named(away)} did not come within {self._patience.start_s:g} s{why}"

    def _silent(self, beats: Mapping[int, Beat], workers: Sequence[Worker], now: float) -> str | None:
        over = {one.number for one in workers if one.ended}
        for number, beat in beats.items():
            if self._beaten.get(number, (-1, 0.0))[0] != beat.count:
                self._beaten[number] = beat.count, now
        for number, (_, since) in self._beaten.items():
            if number not in over and now - since >= self._patience.silent_s:
                where = f" on {beats[number].host}" if number in beats else ""
                return f"worker {number}{where} hangs: no sign of life for {now - since:.0f} s"
        return None

    def _stuck(self, beats: Mapping[int, Beat], now: float) -> str | None:
        chief = beats.get(0)
        if chief is None:
            return None
        seen = chief.state, chief.step
        if seen != self._stepped[0]:
            self._stepped = seen, now
        if chief.state != "training" or now - self._stepped[1] < self._patience.stuck_s:
            return None
        return f"no step in {now - self._stepped[1]:.0f} s, after step {chief.step}, though all workers live"


def _named(numbers: Sequence[int]) -> str:
    return ("worker " if len(numbers) == 1 else "workers ") + ", ".join(map(str, numbers))
