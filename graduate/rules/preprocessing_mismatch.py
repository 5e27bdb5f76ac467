"""preprocessing-mismatch: rows that judge or use the model were prepared otherwise than the rows it was trained on.

## What it sees
Mean and spread, feature by feature, of what goes into the model in `fit`, as validation data, in `evaluate` and in
`predict`: pixels in 0 … 255 against 0 … 1, a scaler that was left out, channels or columns in another order,
padding on the other side, gaps that were filled on one side only. Far apart is a fault by itself, unless validation
shows that the model does as well on such rows; moderately apart is one if also a simple baseline that is right on
held-out training rows fails on the other rows.

## What it cannot see
Another preparation that leaves mean and spread of every feature as they are, unless a baseline stumbles over it.

## Known false alarms
A scaler for each split, drift over time, few rows (their noise is allowed for), a grid or noise given to `predict`,
values so rare that a small set has none of them, a few broken numbers, and models that normalise whatever they get
stay silent.

## Example
`fit(x_train / 255, …)`, `evaluate(x_test, …)`: the spread of the inputs differs by a factor of 255.

## Sources
The bounds are this project's calibration; noise of a mean of n rows is 1/√n spreads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import progress
from graduate.trace.reader import Trace

_EXPECTED = 7.0  # rows with a rare value, of which none comes by chance once in a thousand times: exp(−7)

FAULT = "preprocessing-mismatch"
NEEDS = {"told:inputs.train"}
THRESHOLDS = {
    "ratio": 2.5,  # of the spreads of a typical feature
    "shift": 2.0,  # of the means of a typical feature, in spreads
    "tails": 2.0,  # of spread to 1-to-99 % range in both sets, beyond which a few numbers make the spread
    "outlying": 4.0,  # factor on both for the worst feature
    "predict": 2.5,  # factor on both for rows given to predict
    "moderate_ratio": 1.25,
    "moderate_shift": 0.3,
    "drop": 0.4,  # share of the way from chance to its score that the baseline loses
    "as_good": 0.15,  # the same of the model, up to which a difference does no harm
}
CAUSES = {"overfitting", "mode-mismatch", "class-imbalance-collapse", "shuffled-labels", "wrong-label-encoding"}
WHEN = "always"
REMEDIES = ("same-preprocessing", "scale-inputs")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    train = told.told(trace, "inputs.train")
    for which in ("validation", "evaluate", "predict"):
        other = told.told(trace, f"inputs.{which}")
        if not other or other.get("shape") != train.get("shape"):
            continue
        found = _gaps(trace, train, other, which) or _differs(trace, train, other, which, thresholds)
        if found is not None:
            meaning = (
                f"Rows given as {which} data were prepared otherwise than the training rows: "
                "the model is asked about numbers it never met."
            )
            yield data.finding(trace, FAULT, Severity.ERROR, meaning, [found], confidence=0.95)
            return
    drop = _baseline_drop(trace, thresholds)
    if drop is not None:
        meaning = (
            "What holds in the training rows does not hold in the validation rows: "
            "columns, channels or labels are in another order there."
        )
        yield data.finding(trace, FAULT, Severity.ERROR, meaning, [drop], confidence=0.5)


def _gaps(trace: Trace, train: Mapping[str, Any], other: Mapping[str, Any], which: str) -> Evidence | None:
    """NaN in the other rows only."""
    bad = told.number(other.get("nonfinite")) or 0.0
    if which == "predict" or not bad or (told.number(train.get("nonfinite")) or 0.0):
        return None
    sentence = f"{bad:g} values of the {which} rows are NaN or infinite, none of the training rows"
    return Evidence(f"told:inputs.{which}.nonfinite", bad, 0, data.EXACT, sentence)


def _differs(
    trace: Trace, train: Mapping[str, Any], other: Mapping[str, Any], which: str, thresholds: Mapping[str, float]
) -> Evidence | None:
    compared = _bulk(train, other, thresholds) or _compared(train, other)
    if compared is None:
        return None
    shift, ratio, worst_shift, worst_ratio = compared
    rows = min(told.number(one.get("rows")) or 1.0 for one in (train, other))
    if rows < 8:
        return None
    noise = 4 / np.sqrt(rows)
    factor = thresholds["predict"] if which == "predict" else 1.0
    far_shift, far_ratio = thresholds["shift"] * factor + noise, 1 + (thresholds["ratio"] * factor - 1) * (1 + noise)
    out = thresholds["outlying"]
    far = shift > far_shift or ratio > far_ratio
    if which != "predict" and not train.get("tokens"):
        far = far or worst_shift > out * far_shift or worst_ratio > out * out * far_ratio
    near = shift < thresholds["moderate_shift"] + noise and ratio < thresholds["moderate_ratio"] * (1 + noise)
    if near and not far:
        return None
    scaled = ratio > far_ratio and not train.get("first_layer_normalises")  # a fault, though a network may bear it
    held_out = which == "validation" or (which == "evaluate" and not told.told(trace, "inputs.validation"))
    harmless = held_out and not scaled and _does_as_well(trace, thresholds)
    if (train.get("tokens") and not harmless) or not far:
        far = held_out and _baseline_drop(trace, thresholds) is not None
    if not far or harmless:
        return None
    name, value, bound = (
        ("spread", ratio, far_ratio) if ratio / far_ratio > shift / far_shift else ("mean", shift, far_shift)
    )
    sentence = (
        f"training rows: mean {_show(train.get('mean'))}, spread {_show(train.get('std'))}; "
        f"{which} rows: mean {_show(other.get('mean'))}, spread {_show(other.get('std'))}"
    )
    return Evidence(f"told:inputs.{which} ({name})", value, bound, data.CALIBRATION, sentence)


def _bulk(
    train: Mapping[str, Any], other: Mapping[str, Any], thresholds: Mapping[str, float]
) -> tuple[float, float, float, float] | None:
    """The same by quartiles of all numbers, where a few broken ones make up the spread: then it says nothing."""
    mine, theirs = _numbers(train.get("quantiles")), _numbers(other.get("quantiles"))
    spreads = told.number(train.get("std")), told.number(other.get("std"))
    if len(mine) != 5 or len(theirs) != 5 or not all(spreads):
        return None
    middles, ranges = (mine[3] - mine[1], theirs[3] - theirs[1]), (mine[4] - mine[0], theirs[4] - theirs[0])
    if min(*middles, *ranges) <= 0:
        return None
    tails = np.log((spreads[1] or 1.0) / (spreads[0] or 1.0)) - np.log(ranges[1] / ranges[0])
    if abs(tails) < np.log(thresholds["tails"]):
        return None
    shift = abs(theirs[2] - mine[2]) / (middles[0] / 1.35)
    ratio = float(np.exp(abs(np.log(middles[1] / middles[0]))))
    return float(shift), ratio, float(shift), ratio


def _compared(train: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    """Shift of means in spreads and ratio of spreads: of the middle feature, and of the worst one."""
    mine = [_numbers(train.get(key)) for key in ("feature_means", "feature_stds")]
    theirs = [_numbers(other.get(key)) for key in ("feature_means", "feature_stds")]
    if not len(mine[0]) or len(mine[0]) != len(theirs[0]) or len(mine[1]) != len(theirs[1]):
        return None
    overall = max(told.number(train.get("std")) or 0.0, 1e-12)
    scale = np.maximum(mine[1], 0.05 * overall)
    changing = (mine[1] > 0.05 * overall) | (theirs[1] > 0.05 * overall)
    changing &= np.isfinite(mine[0]) & np.isfinite(theirs[0]) & ~_too_rare(train, other) & ~_too_rare(other, train)
    if not changing.any():
        return None
    shift = (np.abs(theirs[0] - mine[0]) / scale)[changing]
    floor = 1e-3 * overall
    ratio = np.exp(np.abs(np.log((theirs[1] + floor) / (mine[1] + floor))))[changing]
    return float(np.median(shift)), float(np.median(ratio)), float(shift.max()), float(ratio.max())


def _too_rare(train: Mapping[str, Any], other: Mapping[str, Any]) -> np.ndarray:
    """Which features never change in `other`, as by chance: so few rows of `train` hold anything but the common value.

    Of n rows none has what a share p of all has with probability (1−p)ⁿ ≈ exp(−np).
    """
    means, stds = (_numbers(train.get(key)) for key in ("feature_means", "feature_stds"))
    common, rows = _numbers(train.get("feature_common")), told.number(other.get("looked_at")) or 0.0
    if len(common) != len(means) or not rows:  # not a table
        return np.zeros(len(means), bool)
    same = np.abs(_numbers(other.get("feature_means")) - means) < stds
    return same & (_numbers(other.get("feature_stds")) < 1e-6) & ((1 - common) * rows < _EXPECTED)


def _does_as_well(trace: Trace, thresholds: Mapping[str, float]) -> bool:
    """Whether the model scores on validation rows about what it scores on training rows."""
    run = progress(trace)
    if run.score is None or run.validation is None or run.chance is None or run.score <= run.chance:
        return False
    return (run.score - run.validation) / (run.score - run.chance) < thresholds["as_good"]


def _baseline_drop(trace: Trace, thresholds: Mapping[str, float]) -> Evidence | None:
    """A baseline that is right on held-out training rows and not on validation rows; the model as well."""
    baseline, run = told.told(trace, "baseline"), progress(trace)
    score, other = told.number(baseline.get("score")), told.number(baseline.get("validation"))
    chance = run.chance
    if baseline.get("metric") != "accuracy" or score is None or other is None or chance is None or chance >= 1:
        return None
    rows = told.number(told.told(trace, "labels.validation").get("rows")) or 1.0
    sure = (score - chance) / (1 - chance) > 0.4
    lost = (score - other - 3 * data.chance_noise(score, rows)) / max(score - chance, 1e-9)
    if not sure or lost < thresholds["drop"] or not _same_labels(trace):
        return None
    if run.validation is not None and run.validation > chance + 0.5 * (score - chance):
        return None
    sentence = f"a simple baseline is right on {score:.0%} of held-out training rows, on {other:.0%} of validation rows"
    return Evidence("told:baseline.validation", other, score, data.CALIBRATION, sentence)


def _same_labels(trace: Trace) -> bool:
    """Whether training and validation hold the same classes in about the same shares."""
    train = data.counts(told.told(trace, "labels.train").get("counts"))
    other = data.counts(told.told(trace, "labels.validation").get("counts"))
    if not train or not other:
        return False
    all_train, all_other = sum(train.values()), sum(other.values())
    apart = sum(abs(train.get(k, 0) / all_train - other.get(k, 0) / all_other) for k in {*train, *other}) / 2
    return apart < 0.2 + 1 / np.sqrt(all_other)


def _numbers(values: Any) -> np.ndarray:
    found = [told.number(one) for one in values] if isinstance(values, list | tuple) else []
    return np.array([np.nan if one is None else one for one in found])


def _show(value: Any) -> str:
    found = told.number(value)
    return "?" if found is None else f"{found:.4g}"
