"""Findings of one training or several as the one JSON object that `watch` and `diagnose` print. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graduate import text_words
from graduate.findings import Diagnosis, Finding
from graduate.trace import Trace

Part = tuple[str, Trace, Diagnosis]


def of_trainings(parts: Sequence[Part]) -> dict[str, Any]:
    """`verdict`, `findings`, `skipped`, `ran`, `errors` and `traces` of all of them together.

    Args:
        parts: name, trace and diagnosis of each training.
    """
    together = merged([diagnosis for _, _, diagnosis in parts])
    return {
        "verdict": together.verdict,
        "findings": [_finding(name, trace, one) for name, trace, found in parts for one in found.findings],
        "skipped": {fault: sorted(needs) for fault, needs in sorted(together.skipped.items())},
        "ran": list(together.ran),
        "errors": dict(together.errors),
        "traces": [_trace(*part) for part in parts],
    }


def merged(several: Sequence[Diagnosis]) -> Diagnosis:
    """One diagnosis of several trainings, the worst roots first; a rule is skipped if it was in all of them."""
    ran = dict.fromkeys(fault for one in several for fault in one.ran)
    skipped: dict[str, frozenset[str]] = {}
    errors: dict[str, str] = {}
    for one in several:
        errors.update(one.errors)
        for fault, needs in one.skipped.items():
            if fault not in ran:
                skipped[fault] = skipped.get(fault, frozenset()) | needs
    families = [family for one in several for family in _families(one)]
    families.sort(key=lambda family: -family[0].severity)
    return Diagnosis(tuple(finding for family in families for finding in family), skipped, tuple(ran), errors)


def _families(diagnosis: Diagnosis) -> list[list[Finding]]:
    """Each root with what it explains, which stands right behind it."""
    families: list[list[Finding]] = []
    for finding in diagnosis.findings:
        if finding.caused_by is None or not families:
            families.append([])
        families[-1].append(finding)
    return families


def _finding(name: str, trace: Trace, finding: Finding) -> dict[str, Any]:
    return {**plain(finding.to_json()), "advice": text_words.advice(finding, trace), "trace": name}


def _trace(name: str, trace: Trace, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "name": name,
        "verdict": diagnosis.verdict,
        "steps": int(trace.steps[-1]) if len(trace.steps) else 0,
        "variables": len(trace.facts.variables),
    }


def plain(value: Any) -> Any:
    """JSON that any parser takes: NumPy's numbers as Python's, and one that is not finite as text."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)
    return value
