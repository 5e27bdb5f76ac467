"""leakage: the rows that judge the model, or the label itself, were given away in training.

## What it sees
Rows of the validation or test data that stand in the training data too (hashed row by row, also rows that are
copies but for a breath of noise), beyond what repeats by nature; a single column from which alone the label follows
while the other columns know far less.

## What it cannot see
Rows of one group (patient, user, day) on both sides, preprocessing that was fitted on all rows, a label that hides
in several columns, anything about data that never passes through `fit`, `evaluate` or `predict`.

## Known false alarms
Small discrete tables repeat rows by nature: what chance shares is estimated from the training rows' own repeats and
subtracted. Evaluating on the whole training set beside other rows is a habit, not a leak. An easy task in which
every column knows the label, and a series whose next value follows from its last, stay silent.

## Example
Minority rows copied tenfold, then split: 61 % of the validation rows stand in the training rows.

## Sources
UMLAUT suspects validation accuracy above 0.95 and so flags 54 of 68 healthy MNIST programs: curves cannot tell,
rows can. The bounds on shares are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "leakage"
NEEDS = {"told:inputs.train"}
THRESHOLDS = {
    "error": 0.05,  # share of the other rows that training met, beyond chance
    "warning": 0.01,
    "rows": 3.0,  # least number of such rows
    "near": 0.3,  # share of near copies
    "alone": 0.99,  # way from chance to perfect that one column goes alone
    "exact": 0.9995,  # both, where other columns come near or the rows are a series
    "explained": 0.98,  # share of the column's variance that the label explains
    "conflicts": 0.02,  # share of shared rows whose labels differ: then rows repeat by nature
}
CAUSES: set[str] = set()
WHEN = "always"
REMEDIES = ("split-before-duplicating", "check-labels")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields one finding for shared rows and one for a column that is the label."""
    for which, words in (("validation", "validation rows"), ("evaluate", "rows given to evaluate")):
        facts = _least_shared(trace, which)
        if facts is not None:  # where there are honest validation rows, others may be looked at as well
            found = _shared(trace, facts, which, words, thresholds)
            if found is not None:
                yield found
            break
    single = _column(trace, thresholds)
    if single is not None:
        yield single


def _least_shared(trace: Trace, which: str) -> Mapping[str, Any] | None:
    """Of all sets that were compared the one that shares least: many programs evaluate on training and test rows."""
    known = [value[which] for _, value in told.history(trace, "overlap") if isinstance(value.get(which), Mapping)]
    return min(known, key=lambda one: told.number(one.get("shared_share")) or 0.0, default=None)


def _shared(
    trace: Trace, facts: Mapping[str, Any], which: str, words: str, thresholds: Mapping[str, float]
) -> Finding | None:
    rows, share = told.number(facts.get("rows")) or 0.0, told.number(facts.get("shared_share")) or 0.0
    if which == "evaluate" and _is_training_set(facts, rows, share):
        return None
    excess = share - _by_nature(facts, share, thresholds)
    near = told.number(facts.get("near_share")) or 0.0
    if excess * rows >= thresholds["rows"] and excess > thresholds["warning"]:
        severity = Severity.ERROR if excess > thresholds["error"] else Severity.WARNING
        evidence = Evidence(
            f"told:overlap.{which}.shared_share",
            excess,
            thresholds["error" if severity is Severity.ERROR else "warning"],
            data.CALIBRATION,
            f"{share:.1%} of {rows:g} {words} stand in the training rows",
        )
        meaning = f"Some {words} were trained on, so their score says little about new rows: split before copying rows."
        return data.finding(trace, FAULT, severity, meaning, [evidence])
    series = (
        len(told.told(trace, "inputs.train").get("shape") or ()) == 2
    )  # windows over a smooth one lie near each other
    if near > thresholds["near"] and share < 0.5 and not series:
        evidence = Evidence(
            f"told:overlap.{which}.near_share",
            near,
            thresholds["near"],
            data.CALIBRATION,
            f"{near:.0%} of the {words} are training rows but for a trifle",
        )
        meaning = f"Most {words} are near copies of training rows: split before making copies."
        return data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.7)
    return None


def _is_training_set(facts: Mapping[str, Any], rows: float, share: float) -> bool:
    """Whether it is the training set looked at again: all of it is there, alone or beside others.

    Of rows that are fed batch by batch only a part may have been seen, so the set may hold more than is known.
    """
    train = told.number(facts.get("train_rows")) or 0.0
    shared = told.number(facts.get("shared"))
    shared = share * rows if shared is None else shared
    return rows > 0.9 * train and (share > 0.98 or shared > 0.98 * train)


def _by_nature(facts: Mapping[str, Any], share: float, thresholds: Mapping[str, float]) -> float:
    """Share that repeats without anybody's fault."""
    expected = min(told.number(facts.get("duplicate_expected")) or 0.0, share)
    if facts.get("natural") is False and (told.number(facts.get("label_conflicts")) or 0.0) <= thresholds["conflicts"]:
        return 0.0
    repeated = told.number(facts.get("train_duplicates")) or 0.0
    return expected if facts.get("natural") is not False else min(max(expected, repeated), share)


def _column(trace: Trace, thresholds: Mapping[str, float]) -> Finding | None:
    """A column that is the label."""
    baseline, inputs = told.told(trace, "baseline"), told.told(trace, "inputs.train")
    single = baseline.get("single_feature")
    series = baseline.get("metric") == "r2" and len(inputs.get("shape") or ()) != 1
    if not isinstance(single, Mapping) or inputs.get("tokens"):
        return None
    score, constant = told.number(single.get("score")), told.number(baseline.get("constant")) or 0.0
    explained, features = told.number(single.get("explained")), told.number(single.get("features")) or 0.0
    if score is None or explained is None or constant >= 1 or features < 3:
        return None
    way = (score - constant) / (1 - constant)
    exact = way > thresholds["exact"] and explained > thresholds["exact"]
    if way < thresholds["alone"] or (not exact and (series or told.number(single.get("alike")))):
        return None  # the last value of a series, or one of several good columns
    if explained < thresholds["explained"] and not single.get("gives_away"):
        return None
    evidence = Evidence(
        "told:baseline.single_feature",
        score,
        thresholds["alone"],
        data.CALIBRATION,
        f"column {single.get('index')} alone gives {baseline.get('metric')} {score:.4g}, no other one comes near; "
        f"the label explains {explained:.1%} of it",
    )
    meaning = f"Column {single.get('index')} is the label in disguise: it will not be there when the model is used."
    return data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.9)
