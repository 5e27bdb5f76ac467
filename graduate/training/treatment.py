"""What cures changed about a training: plain data, kept beside its checkpoints, so that a cured one goes on cured."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.files import write_text
from graduate.training.options import Schedule, TrainingOptions

_FILE = "treatment.json"


@dataclass(frozen=True)
class Cure:
    """One remedy that was applied.

    Args:
        remedy: its id.
        fault: against what.
        scope: `live` or `rebuild`.
        found_at: steps done when the fault was found.
        back_to: the step that the training went back to; 0 where it started again.
        what: what the remedy changed.
        sentence: the same for a person.
        finding: the finding, as `Finding.to_json` has it.
        changes: what it comes to: `options` (fields of `TrainingOptions`, as JSON has them), `network` (see
            `graduate.training.surgery`), `finite_rows` (rows with NaN or infinity are left out), `skipped`
            ((first step, number) of batches that are left out).
        undone: whether a later cure, of what had caused its fault, took its place.
    """

    remedy: str
    fault: str
    scope: str
    found_at: int
    back_to: int
    what: Mapping[str, Any]
    sentence: str
    finding: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)
    undone: bool = False

    def detail(self, number: int) -> dict[str, Any]:
        """Of the event in the trace."""
        return {"number": number, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class Treatment:
    """All cures so far, in order, and what those that are not undone come to together."""

    cures: tuple[Cure, ...] = ()

    @property
    def options(self) -> dict[str, Any]:
        """Fields of `TrainingOptions` with other values."""
        return {key: value for part in self._changes("options") for key, value in part.items()}

    @property
    def network(self) -> dict[str, Any]:
        """What is changed about the network."""
        return {key: value for part in self._changes("network") for key, value in part.items()}

    @property
    def finite_rows(self) -> bool:
        """Whether rows that hold NaN or infinity are left out."""
        return any(self._changes("finite_rows"))

    @property
    def skipped(self) -> tuple[tuple[int, int], ...]:
        """(first step, number) of batches that are left out."""
        return tuple((int(first), int(count)) for part in self._changes("skipped") for first, count in part)

    def undo(self, faults: Collection[str]) -> Treatment:
        """Without the cures of these faults."""
        return Treatment(tuple(dataclasses.replace(c, undone=c.undone or c.fault in faults) for c in self.cures))

    def _changes(self, key: str) -> list[Any]:
        return [cure.changes[key] for cure in self.cures if not cure.undone and key in cure.changes]

    def applied(self, options: TrainingOptions) -> TrainingOptions:
        """The options in force."""
        return TrainingOptions.from_dict({**options.to_dict(), **self.options}) if self.options else options

    @property
    def checkpoints(self) -> str:
        """The folder of this course's checkpoints, under that of the training."""
        return f"cure-{len(self.cures)}" if self.cures else ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Treatment:
        """Back from `to_json`."""
        return cls(tuple(Cure(**one) for one in stored["cures"]))

    def encoded(self) -> bytes:
        """JSON in UTF-8."""
        return json.dumps(self.to_json()).encode()

    @classmethod
    def decoded(cls, content: bytes) -> Treatment:
        """Back from `encoded`; of nothing, no treatment."""
        return cls.from_json(json.loads(content)) if content else cls()

    @classmethod
    def read(cls, folder: str | Path) -> Treatment:
        """That of the training whose checkpoints are in `folder`; none where it was never treated."""
        try:
            return cls.decoded((Path(folder) / _FILE).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):  # a damaged one: it starts anew, and is diagnosed again
            return cls()

    def write(self, folder: str | Path) -> None:
        """From now on a killed training goes on with it."""
        if self.cures:
            write_text(Path(folder) / _FILE, self.encoded().decode())


def peak(options: TrainingOptions) -> float:
    """The constant rate, or the largest of the schedule."""
    rate = options.learning_rate
    return rate.peak if isinstance(rate, Schedule) else float(rate)


def with_peak(options: TrainingOptions, value: float) -> Any:
    """The option `learning_rate`, as JSON, with another peak."""
    rate = options.learning_rate
    return dataclasses.asdict(dataclasses.replace(rate, peak=value)) if isinstance(rate, Schedule) else float(value)


def with_warm_up(options: TrainingOptions, steps: int) -> dict[str, Any]:
    """The option `learning_rate`, as JSON, with a warm-up before what it was."""
    rate = options.learning_rate
    schedule = rate if isinstance(rate, Schedule) else Schedule(peak=float(rate), schedule="constant")
    return dataclasses.asdict(dataclasses.replace(schedule, warmup_steps=steps))
