"""What came of a watched script: its traces, what the rules say of them, and the exit code. Imports NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate import errors
from graduate.diagnose import diagnose
from graduate.errors import UserError
from graduate.findings import Diagnosis, Finding, Severity, Verdict
from graduate.trace import Trace, open_trace
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
        return merged([one.diagnosis for one in self.watched])

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
        found = self.diagnosis
        return {
            "verdict": self.verdict,
            "findings": [self._finding(one, finding) for one in self.watched for finding in one.diagnosis.findings],
            "skipped": {fault: sorted(needs) for fault, needs in sorted(found.skipped.items())},
            "ran": list(found.ran),
            "errors": dict(found.errors),
            "script_exit": self.ended.exit,
            "script_signal": self.ended.signal,
            "stopped_when_sick": self.ended.stopped,
            "exit_code": self.exit_code,
            "words": self.words,
            "traces": [self._trace(one) for one in self.watched],
            "damaged": list(self.damaged),
        }

    def _finding(self, one: Watched, finding: Finding) -> dict[str, Any]:
        return {**_plain(finding.to_json()), "trace": one.name}

    def _trace(self, one: Watched) -> dict[str, Any]:
        return {
            "name": one.name,
            "folder": str(one.folder.absolute()) if self.kept else None,
            "steps": int(one.trace.steps[-1]) if len(one.trace.steps) else 0,
            "variables": len(one.trace.facts.variables),
            "verdict": one.diagnosis.verdict,
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
        watched.append(Watched(_name(trace, place), place, trace, diagnose(trace, final=final)))
    troubles = folder / "observer.txt"
    if troubles.is_file():
        damaged += troubles.read_text(encoding="utf-8", errors="replace").splitlines()
    return Outcome(tuple(watched), ended, kept, tuple(damaged))


def trace_folders(folder: Path) -> list[Path]:
    """The traces in a folder, itself included, in the order in which they began."""
    return sorted(header.parent for header in folder.glob("**/header.json"))


def has_ended(trace: Trace, ended: Ended) -> bool:
    """Whether the training came to its end, whatever became of the script: only then is its result its result."""
    told = trace.known.get("program") or {}
    if told.get("ended") in ("finished", "stopped") and not ended.stopped:
        return True
    return "final" in trace.known and not ended.stopped


def merged(several: Sequence[Diagnosis]) -> Diagnosis:
    """One diagnosis of several trainings: a rule is skipped if it was in all of them."""
    ran = dict.fromkeys(fault for one in several for fault in one.ran)
    skipped: dict[str, frozenset[str]] = {}
    errors_: dict[str, str] = {}
    for one in several:
        errors_.update(one.errors)
        for fault, needs in one.skipped.items():
            if fault not in ran:
                skipped[fault] = skipped.get(fault, frozenset()) | needs
    findings = [(one, index) for one in several for index in range(len(one.roots))]
    findings.sort(key=lambda at: -at[0].roots[at[1]].severity)
    ordered = tuple(finding for one, index in findings for finding in _with_consequences(one, index))
    return Diagnosis(ordered, skipped, tuple(ran), errors_)


def _with_consequences(diagnosis: Diagnosis, root: int) -> list[Finding]:
    """A root and what stands behind it up to the next root."""
    places = [at for at, finding in enumerate(diagnosis.findings) if finding.caused_by is None]
    end = places[root + 1] if root + 1 < len(places) else len(diagnosis.findings)
    return list(diagnosis.findings[places[root] : end])


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The highest severity that there is."""
    return max((finding.severity for finding in findings), default=None)


def _name(trace: Trace, place: Path) -> str:
    told: Mapping[str, Any] = trace.known.get("program") or {}
    return str(told.get("name") or told.get("model") or place.name)


def _plain(value: Any) -> Any:
    """JSON that any parser takes: what is not finite becomes text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value
