"""What came of a watched script: its traces, what the rules say of them, and the exit code. Imports NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate import errors, findings_json
from graduate.diagnose import diagnose
from graduate.errors import UserError
from graduate.findings import Diagnosis, Verdict
from graduate.trace import Trace, open_trace
from graduate.trace.find import name_of
from graduate.watch.process import Ended


@dataclass(frozen=True)
class Watched:
    """One training that was seen: a model with its optimizer, say."""

    name: str
    folder: Path
    trace: Trace
    diagnosis: Diagnosis


@dataclass(frozen=True)
class Outcome:
    """All that is known once the script has ended.

    Attributes:
        watched: the trainings that were seen, in the order in which they began.
        ended: how the script ended.
        kept: the traces stay on the disk.
        damaged: traces that cannot be read, and other troubles of the observer, in words.
    """

    watched: tuple[Watched, ...]
    ended: Ended
    kept: bool = False
    damaged: tuple[str, ...] = ()

    @property
    def diagnosis(self) -> Diagnosis:
        """Of all trainings together."""
        return findings_json.merged([one.diagnosis for one in self.watched])

    @property
    def verdict(self) -> Verdict:
        """`sick` where one of the trainings is."""
        return self.diagnosis.verdict

    @property
    def exit_code(self) -> int:
        """The script's own where it failed by itself, else 4 where its training is sick, else 0."""
        if self.ended.code and not self.ended.stopped:
            return self.ended.exit
        return errors.SICK if self.verdict == "sick" or self.ended.stopped else errors.OK

    @property
    def words(self) -> str:
        """How the script ended, where that needs a word."""
        ended = self.ended
        if ended.stopped:
            return "the script was stopped because its training was sick"
        if ended.exit == errors.INTERRUPTED:
            return "the script was interrupted"
        if ended.signal:
            return f"the script was ended by {ended.signal} (exit code {ended.exit})"
        if ended.code == errors.SICK:
            return "the script itself ended with exit code 4: that is its own, not a verdict of graduate"
        return f"the script itself failed with exit code {ended.code}" if ended.code else ""

    def to_json(self) -> dict[str, Any]:
        """One object, as `--json` prints it."""
        told = findings_json.of_trainings([(one.name, one.trace, one.diagnosis) for one in self.watched])
        for described, one in zip(told["traces"], self.watched, strict=True):
            program = one.trace.known.get("program") or {}
            described["folder"] = str(one.folder.absolute()) if self.kept else None
            described["ended"] = program.get("ended")
            described["observer_errors"] = program.get("observer_errors") or {}
        return {
            **told,
            "script_exit": self.ended.exit,
            "script_signal": self.ended.signal,
            "stopped_when_sick": self.ended.stopped,
            "exit_code": self.exit_code,
            "words": self.words,
            "damaged": list(self.damaged),
        }


def outcome_of(folder: Path, ended: Ended, *, kept: bool) -> Outcome:
    """Read and diagnose the traces that the script's process left in `folder`."""
    watched, damaged = [], []
    for place in trace_folders(folder):
        try:
            trace = open_trace(place)
        except UserError as error:
            damaged.append(str(error))
            continue
        final = has_ended(trace, ended)
        watched.append(Watched(name_of(trace, place), place, trace, diagnose(trace, final=final)))
    troubles = folder / "observer.txt"
    if troubles.is_file():
        damaged += troubles.read_text(encoding="utf-8", errors="replace").splitlines()
    return Outcome(tuple(watched), ended, kept, tuple(damaged))


def trace_folders(folder: Path) -> list[Path]:
    """The traces in a folder, itself included, in the order in which they began."""
    return sorted((header.parent for header in folder.glob("**/header.json")), key=_number)


def has_ended(trace: Trace, ended: Ended) -> bool:
    """Whether the training came to its end, whatever became of the script: only then is its result its result."""
    told: Mapping[str, Any] = trace.known.get("program") or {}
    if ended.stopped:
        return False
    if told.get("ended") in ("finished", "stopped"):
        return True
    asked, done = told.get("epochs"), told.get("epochs_done")
    return isinstance(asked, int) and isinstance(done, int) and done >= asked > 0


def _number(place: Path) -> tuple[int, str]:
    """The observer numbers its traces: 2 comes before 10."""
    first = place.name.partition("-")[0]
    return (int(first) if first.isdecimal() else 0, str(place))
