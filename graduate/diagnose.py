"""The only caller of rules: what is wrong with a training, with consequences folded under their cause. NumPy only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from graduate.errors import UsageError
from graduate.findings import Diagnosis, Finding, Rule
from graduate.rules import all_rules
from graduate.trace import Trace

Overrides = Mapping[str, Mapping[str, float]]


def diagnose(
    trace: Trace,
    *,
    rules: Sequence[Rule] | None = None,
    overrides: Overrides | None = None,
    ignore: Collection[str] = (),
    final: bool = True,
) -> Diagnosis:
    """What the rules say of a trace.

    Args:
        trace: of a run that goes on or has ended.
        rules: all, if left out.
        overrides: fault → threshold → value, instead of the rule's own.
        ignore: faults that are not looked for.
        final: the run has ended; otherwise only the rules that hold during training are asked.

    Raises:
        UsageError: an override or `ignore` names a fault or a threshold that there is not.
    """
    asked = [rule for rule in (all_rules() if rules is None else rules) if final or rule.when == "always"]
    _check_names(all_rules() if rules is None else rules, overrides or {}, ignore)
    findings: list[Finding] = []
    skipped: dict[str, frozenset[str]] = {}
    ran: list[str] = []
    errors: dict[str, str] = {}
    for rule in asked:
        missing = frozenset(need for need in rule.needs if not trace.has(need))
        if rule.fault in ignore or missing:
            skipped[rule.fault] = missing or frozenset({"told to ignore it"})
            continue
        try:
            found = list(rule.check(trace, {**rule.thresholds, **(overrides or {}).get(rule.fault, {})}))
        except Exception as error:  # a rule that stumbles over an odd trace must not hide what the others found
            errors[rule.fault] = f"{type(error).__name__}: {error}"
            continue
        ran.append(rule.fault)
        findings += [replace(one, remedies=one.remedies or rule.remedies) for one in found]
    folded = fold(findings, {rule.fault: rule.causes for rule in asked})
    return Diagnosis((*folded, *cured(trace)), skipped, tuple(ran), errors)


def cured(trace: Trace) -> tuple[Finding, ...]:
    """What remedies were applied against during the training, by its events: findings that are cured."""
    events = [event for event in trace.events if event.kind == "remedy" and event.detail.get("finding")]
    return tuple(replace(Finding.from_json(event.detail["finding"]), cured_at=event.step) for event in events)


def fold(findings: Iterable[Finding], causes: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Put what a finding explains behind it, and name the root.

    A finding explains another where its rule says that the one fault causes the other and it is at least as severe.
    Of two that explain each other the more confident one is the root, then the earlier one.
    """
    ranked = sorted(findings, key=_rank)
    parent: dict[int, int] = {}
    for j, consequence in enumerate(ranked):
        for i, root in enumerate(ranked):
            explains = consequence.fault in causes.get(root.fault, ()) and root.severity >= consequence.severity
            mutual = i > j and root.fault in causes.get(consequence.fault, ())
            if explains and not mutual and root.fault != consequence.fault and not _is_above(parent, j, i):
                parent[j] = i
                break

    def top(j: int) -> int:
        while j in parent:
            j = parent[j]
        return j

    placed: list[Finding] = []
    for i, root in enumerate(ranked):
        if i not in parent:
            placed.append(root)
            placed += [replace(ranked[j], caused_by=root.fault) for j in range(len(ranked)) if j != i and top(j) == i]
    return tuple(placed)


def _is_above(parent: Mapping[int, int], ancestor: int, of: int) -> bool:
    """Whether `ancestor` explains `of` already, directly or through others."""
    while of in parent:
        of = parent[of]
        if of == ancestor:
            return True
    return False


def _rank(finding: Finding) -> tuple[int, float, int, str]:
    return (-finding.severity, -finding.confidence, finding.steps[0], finding.fault)


def _check_names(rules: Sequence[Rule], overrides: Overrides, ignore: Collection[str]) -> None:
    known: Mapping[str, Rule] = {rule.fault: rule for rule in rules}
    for fault in (*overrides, *ignore):
        if fault not in known:
            raise UsageError(f"there is no rule for {fault!r}", hint="graduate explain lists them")
    for fault, values in overrides.items():
        for name in values:
            if name not in known[fault].thresholds:
                names = ", ".join(sorted(known[fault].thresholds)) or "none"
                raise UsageError(f"the rule for {fault} has no threshold {name!r}", hint=f"it has {names}")
