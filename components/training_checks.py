"""What a diagnosis means for the model: a check for every root finding, for every cure, and for a stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graduate.findings import Diagnosis, Finding, Severity
from graduate.trace import Event
from graduate.verdict import Check, VerdictRecord, verdict

# A slow training costs time and not the model's worth: it is told, and never refused.
SLOW = frozenset({"input-bound", "slow-training"})
_EVIDENCE, _REMEDIES = 2, 3  # of a finding, in its sentence


def judge(diagnosis: Diagnosis, events: Iterable[Event], refuse_on: str) -> VerdictRecord:
    """The verdict on a training: a check for every root finding, cure and stop.

    Args:
        diagnosis: of the whole training.
        events: of its trace.
        refuse_on: `never`, or the label of the least severity that refuses.
    """
    happened = list(events)
    checks = [
        *_stopped(happened),
        *(_check(finding, diagnosis.findings, refuse_on) for finding in diagnosis.roots if finding.cured_at is None),
    ]
    checks += [*_cured(happened), *_looked(diagnosis, not checks)]
    return verdict("GradientDiagnostics", sorted(checks, key=lambda check: check.passed))


def cures(events: Iterable[Event]) -> list[Event]:
    """The remedies that were applied during the training."""
    return [event for event in events if event.kind == "remedy"]


def _check(finding: Finding, all_findings: Sequence[Finding], refuse_on: str) -> Check:
    severe = refuse_on != "never" and finding.severity >= Severity.of(refuse_on)
    passed = not severe or finding.fault in SLOW
    warns = passed and finding.severity > Severity.NOTE
    return Check(finding.fault, passed, sentence(finding, all_findings), warns=warns)


def sentence(finding: Finding, all_findings: Sequence[Finding] = ()) -> str:
    """A finding as text: how bad, what, where, why one believes it, what it led to, what to try."""
    at = f" in {_some(finding.layers)}" if finding.layers else ""
    first, last = finding.steps
    when = f", step {first}" if first == last else f", steps {first} to {last}"
    parts = [f"{finding.fault} ({finding.severity.label}){at}{when if last else ''}: {finding.meaning}"]
    seen = [one.sentence.rstrip(".") for one in finding.evidence if one.sentence][:_EVIDENCE]
    parts += [f"Seen: {'; '.join(seen)}."] if seen else []
    led = [one.fault for one in all_findings if one.caused_by == finding.fault]
    parts += [f"It explains {_some(led)}."] if led else []
    if finding.remedies:
        parts.append(f"Try: {', '.join(finding.remedies[:_REMEDIES])} (graduate explain {finding.fault}).")
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _stopped(events: Iterable[Event]) -> Iterator[Check]:
    for event in events:
        if event.kind == "stop":
            fault, why = event.detail.get("fault"), str(event.detail.get("reason") or "").rstrip(".")
            what = f"The training was stopped as sick after step {event.step}: {fault}: {why}"
            yield Check("stopped", False, f"{what.rstrip(': ')}.")


def _cured(events: Iterable[Event]) -> Iterator[Check]:
    for event in cures(events):
        remedy, fault = event.detail.get("remedy"), event.detail.get("fault")
        told = event.detail.get("sentence") or remedy
        yield Check("cure", True, f"After step {event.step} a remedy was applied to {fault}: {told}.", warns=True)


def _looked(diagnosis: Diagnosis, clean: bool) -> Iterator[Check]:
    """What was looked at, and what could not be: nothing found is not the same as nothing seen."""
    ran, skipped = len(diagnosis.ran), len(diagnosis.skipped)
    if not ran:
        yield Check(
            "rules", True, "No rule could look at this training: its trace has nothing that one needs.", warns=True
        )
    elif clean:
        left = f"; {skipped} could not look: {_some(sorted(diagnosis.skipped))}" if skipped else ""
        yield Check("rules", True, f"{ran} rules looked and found nothing{left}.", value=0, bound=0)
    for fault, why in diagnosis.errors.items():
        yield Check("rules", True, f"The rule for {fault} failed and says nothing: {why}.", warns=True)
