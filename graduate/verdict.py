"""What a guard, a check or a gate decided, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was measured: a metric (`accuracy`), an anomaly, a duplicate.
        passed: whether it is within its bound.
        sentence: a full sentence for a person, with the value and the bound in it.
        value, bound: the numbers behind the sentence, where there are any.
        slice: `label=7`, or None for all rows.
        warns: it passed, and a person should look at it all the same.
    """

    name: str
    passed: bool
    sentence: str
    value: float | None = None
    bound: float | None = None
    slice: str | None = None
    warns: bool = False


@dataclass(frozen=True)
class VerdictRecord:
    """A verdict: it passes when every check passes."""

    source: str
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of the checks that failed; of all checks where none did."""
        failed = tuple(check.sentence for check in self.checks if not check.passed)
        return failed or tuple(check.sentence for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "passed": self.passed,
            "reasons": list(self.reasons),
            "checks": [asdict(check) for check in self.checks],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> VerdictRecord:
        return cls(value["source"], tuple(Check(**check) for check in value["checks"]))


def verdict(source: str, checks: Iterable[Check]) -> VerdictRecord:
    """Build a verdict from any iterable of checks."""
    return VerdictRecord(source, tuple(checks))
