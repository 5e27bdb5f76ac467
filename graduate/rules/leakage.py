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

import numpy as np

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
    "near": 0.5,  # share of near copies
    "alone": 0.995,  # way from chance to perfect that one column goes alone
    "rest": 0.9,  # the same of all columns together without it
    "conflicts": 0.02,  # share of shared rows whose labels differ: then rows repeat by nature
}
CAUSES: set[str] = set()
WHEN = "always"
REMEDIES = ("split-before-duplicating", "check-labels")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields one finding for shared rows and one for a column that is the label."""
    overlap = told.told(trace, "overlap")
    for which, words in (("validation", "validation rows"), ("evaluate", "rows given to evaluate")):
        facts = overlap.get(which)
        if isinstance(facts, Mapping):
            found = _shared(trace, facts, which, words, thresholds)
            if found is not None:
                yield found
                break
    single = _column(trace, thresholds)
    if single is not None:
        yield single


def _shared(
    trace: Trace, facts: Mapping[str, Any], which: str, words: str, thresholds: Mapping[str, float]
) -> Finding | None:
    rows, share = told.number(facts.get("rows")) or 0.0, told.number(facts.get("shared_share")) or 0.0
    if which == "evaluate" and (facts.get("all") or share > 0.98):
        return None  # the training set itself, looked at again
    excess = share - _by_nature(trace, facts, share, thresholds)
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
    if near > thresholds["near"] and share < 0.5:
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


def _by_nature(trace: Trace, facts: Mapping[str, Any], share: float, thresholds: Mapping[str, float]) -> float:
    """Share that repeats without anybody's fault."""
    expected = min(told.number(facts.get("duplicate_expected")) or 0.0, 1.0)
    conflicts = told.number(facts.get("label_conflicts")) or 0.0
    if share > 0.98 and expected < 0.9:
        return 0.0
    if conflicts > thresholds["conflicts"] or not _continuous(told.told(trace, "inputs.train")):
        return min(expected, share)
    return 0.0


def _continuous(inputs: Mapping[str, Any]) -> bool:
    """Whether two rows of this kind are equal only if one is the other's copy."""
    if inputs.get("text"):
        return False
    levels = told.number(inputs.get("levels"))
    if levels is not None:  # distinct values of the most varied feature, over distinct rows
        return levels > 0.5 and not inputs.get("tokens")
    width = float(np.prod([told.number(one) or 1.0 for one in inputs.get("shape") or (1,)]))
    return not inputs.get("integers") and (width >= 3 or width == 1)


def _column(trace: Trace, thresholds: Mapping[str, float]) -> Finding | None:
    """A column that is the label."""
    baseline, inputs = told.told(trace, "baseline"), told.told(trace, "inputs.train")
    single = baseline.get("single_feature")
    if not isinstance(single, Mapping) or len(inputs.get("shape") or ()) != 1 or inputs.get("tokens"):
        return None
    score, constant = told.number(single.get("score")), told.number(baseline.get("constant")) or 0.0
    rest, width = told.number(single.get("without")), (inputs.get("shape") or [0])[0]
    if score is None or constant >= 1 or not width or width < 2:
        return None
    way = (score - constant) / (1 - constant)
    others = (rest - constant) / (1 - constant) if rest is not None else None
    if way < thresholds["alone"] or others is None or others > thresholds["rest"]:
        return None
    if way < 0.9995 and single.get("distinct") is not None and (told.number(single.get("distinct")) or 0) > 50:
        return None  # a strong but honest column
    evidence = Evidence(
        "told:baseline.single_feature",
        score,
        rest if rest is not None else constant,
        data.CALIBRATION,
        f"column {single.get('index')} alone gives {baseline.get('metric')} {score:.4g}, all others {rest:.3g}",
    )
    meaning = f"Column {single.get('index')} is the label in disguise: it will not be there when the model is used."
    return data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.9)
