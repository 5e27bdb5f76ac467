"""What diagnosis says: findings, each with its evidence, and what could not be looked at. Standard library only."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["healthy", "sick", "nothing_seen"]


class Severity(enum.IntEnum):
    """How bad: an `error` makes the run sick. See docs/severity.md."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """`note`, `warning` or `error`."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> Severity:
        """From its label."""
        return cls[label.upper()]


@dataclass(frozen=True)
class Evidence:
    """A number, and the bound that it is beyond.

    Attributes:
        column: what was measured: a column of the trace, a told fact (`told:probe`), or a quantity in words.
        value, threshold: the two numbers.
        source: where the bound is from: a paper, an equation, this project's calibration.
        sentence: the same for a person; made from the numbers where it is left out.
    """

    column: str
    value: float | str
    threshold: float | str
    source: str
    sentence: str = ""


@dataclass(frozen=True)
class Finding:
    """One fault of a training.

    Attributes:
        fault: its id, e.g. `vanishing-gradient`; `graduate explain` has its page.
        severity: an `error` makes the run sick.
        steps: first and last step at which it was seen.
        layers: the layers it is about, worst first; empty where it is about none.
        evidence: the numbers behind it.
        meaning: one sentence for a person.
        remedies: ids, in order of promise.
        caused_by: the fault of the root finding that explains this one.
        cured_at: the step after which a remedy had mended it.
        confidence: 0 … 1, for the order among roots.
    """

    fault: str
    severity: Severity
    steps: tuple[int, int]
    layers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    meaning: str
    remedies: tuple[str, ...] = ()
    caused_by: str | None = None
    cured_at: int | None = None
    confidence: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; the severity as its label."""
        return {**dataclasses.asdict(self), "severity": self.severity.label}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        """Back from `to_json`."""
        first, last = stored["steps"]
        return cls(
            **{
                **stored,
                "severity": Severity.of(stored["severity"]),
                "steps": (int(first), int(last)),
                "layers": tuple(stored["layers"]),
                "evidence": tuple(Evidence(**one) for one in stored["evidence"]),
                "remedies": tuple(stored["remedies"]),
            }
        )


@dataclass(frozen=True)
class Rule:
    """Finds one fault in a trace.

    Attributes:
        fault: the id of what it finds.
        check: pure: (trace, thresholds) → findings.
        needs: columns, and told facts as `told:name`; where one is absent the rule is skipped, which is said.
        thresholds: names and values, which a config may override.
        when: `always`: during training too; `end`: only of a run that has ended.
        causes: faults that this one explains.
        page: what `graduate explain` prints.
        remedies: ids, in order of promise.
    """

    fault: str
    check: Callable[[Any, Mapping[str, float]], Iterable[Finding]]
    needs: frozenset[str] = frozenset()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    when: Literal["always", "end"] = "always"
    causes: frozenset[str] = frozenset()
    page: str = ""
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """All that the rules say of a trace.

    Attributes:
        findings: roots first, the worst before the others, what a root explains right behind it.
        skipped: fault → what its rule needed and the trace does not have.
        ran: faults whose rules looked.
        errors: fault → why its rule failed; a rule that fails hides no other.
    """

    findings: tuple[Finding, ...]
    skipped: Mapping[str, frozenset[str]]
    ran: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def roots(self) -> tuple[Finding, ...]:
        """The findings that no other explains."""
        return tuple(finding for finding in self.findings if finding.caused_by is None)

    @property
    def verdict(self) -> Verdict:
        """`sick` where an error is not cured; `nothing_seen` where no rule could look."""
        if any(one.severity is Severity.ERROR and one.cured_at is None for one in self.findings):
            return "sick"
        return "healthy" if self.ran else "nothing_seen"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "verdict": self.verdict,
            "findings": [finding.to_json() for finding in self.findings],
            "skipped": {fault: sorted(needs) for fault, needs in sorted(self.skipped.items())},
            "ran": list(self.ran),
            "errors": dict(self.errors),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Diagnosis:
        """Back from `to_json`."""
        return cls(
            tuple(Finding.from_json(one) for one in stored["findings"]),
            {fault: frozenset(needs) for fault, needs in stored["skipped"].items()},
            tuple(stored["ran"]),
            dict(stored.get("errors", {})),
        )
