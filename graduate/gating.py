"""The rules a model must pass to be pushed: measured metrics against bounds, one sentence each.

Pure: no files, no TFX. A metric that is missing or not a number never passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.verdict import Check

# Of these less is better; of every other metric more is.
LOWER_IS_BETTER = frozenset({"loss", "calibration_error", "mae", "rmse"})
# Of these more is. Of any other, a user's own, less is where its bound is `at_most` alone.
HIGHER_IS_BETTER = frozenset({"accuracy", "precision", "recall", "auc", "r2"})
# Bounds are decimal numbers that a person wrote and metrics are quotients: 0.95 - 0.94 must not exceed 0.01.
ROUNDING = 1e-9

Metrics = Mapping[str, Any]  # metric -> value, and "examples" -> number of rows
Bound = Mapping[str, float | None]  # at_least, at_most, worse_than_last_by


@dataclass(frozen=True)
class Baseline:
    """The last graduate's metrics on the same rows.

    Attributes:
        metrics: slice ("" for all rows) -> metric -> value; empty where there is none.
        why_not: why there is nothing to compare with, as the end of "… is not compared: ".
    """

    metrics: Mapping[str, Metrics]
    why_not: str = ""

    @classmethod
    def none(cls, why_not: str = "no model has been pushed before") -> Baseline:
        return cls({}, why_not)


def judge(
    metrics: Mapping[str, Metrics],
    baseline: Baseline,
    bounds: Mapping[str, Bound],
    slices: Sequence[Mapping[str, Any]] = (),
) -> list[Check]:
    """Judge a candidate.

    Args:
        metrics: slice ("" for all rows, else `feature=value`) -> metric -> value; `examples` is the number of rows.
        baseline: the same of the last graduate.
        bounds: metric -> its bounds, on all rows.
        slices: `{"by": feature, "min_examples": n, metric: bound, …}`; every value of the feature is judged.

    Returns:
        A check for every bound; a slice too small to be judged, and a bound that has nothing to compare with, passes
        with a sentence that says so.
    """
    checks = list(_judge_rows("", metrics.get("", {}), baseline, bounds))
    for group in slices:
        checks += _judge_group(metrics, baseline, group)
    return checks or [Check("bounds", False, "No bound is set, so nothing says that this model is good enough.")]


def _judge_group(metrics: Mapping[str, Metrics], baseline: Baseline, group: Mapping[str, Any]) -> Iterator[Check]:
    feature, fewest = group["by"], group.get("min_examples") or 1
    bounds = {name: bound for name, bound in group.items() if name not in ("by", "min_examples") and bound}
    keys = sorted(key for key in metrics if key.startswith(f"{feature}="))
    if not keys:
        yield Check(f"slices by {feature}", False, f"No row has the feature {feature!r}, so no slice could be judged.")
    for key in keys:
        rows = int(metrics[key].get("examples", 0))
        if rows < fewest:
            sentence = f"{key} is not judged: {_rows(rows)}, fewer than min_examples {fewest}."
            yield Check("examples", True, sentence, rows, fewest, key)
            continue
        yield from _judge_rows(key, metrics[key], baseline, bounds)


def _judge_rows(key: str, measured: Metrics, baseline: Baseline, bounds: Mapping[str, Bound]) -> Iterator[Check]:
    for name, bound in bounds.items():
        value = measured.get(name)
        if value is None or not math.isfinite(value):
            yield Check(name, False, _unmeasured(name, key, measured, value), _none_if_nan(value), slice=key or None)
            continue
        for limit in ("at_least", "at_most"):
            if bound.get(limit) is not None:
                yield _absolute(name, key, measured, value, limit, float(bound[limit]))  # type: ignore[arg-type]
        if bound.get("worse_than_last_by") is not None:
            yield _relative(name, key, measured, value, baseline, bound)


def _less_is_better(name: str, bound: Bound) -> bool:
    if name in LOWER_IS_BETTER or name in HIGHER_IS_BETTER:
        return name in LOWER_IS_BETTER
    return bound.get("at_most") is not None and bound.get("at_least") is None


def _absolute(name: str, key: str, measured: Metrics, value: float, limit: str, bound: float) -> Check:
    passed = value >= bound - ROUNDING if limit == "at_least" else value <= bound + ROUNDING
    shown, against = distinct(value, bound)
    wrong, right = ("below", "at least") if limit == "at_least" else ("above", "at most")
    relation = f"within the bound of {right} {against}" if passed else f"{wrong} the bound {against}"
    sentence = f"{_subject(name, key)} is {shown}{_size(key, measured)}, {relation}."
    return Check(name, passed, sentence, value, bound, key or None)


def _relative(name: str, key: str, measured: Metrics, value: float, baseline: Baseline, limits: Bound) -> Check:
    subject, allowed, less = (
        _subject(name, key),
        float(limits["worse_than_last_by"] or 0),
        _less_is_better(name, limits),
    )
    before = baseline.metrics.get(key, {}).get(name)
    if before is None or not math.isfinite(before):
        why = baseline.why_not or "the last graduate has no such number"
        return Check(name, True, f"{subject} is not compared with the last graduate: {why}.", value, slice=key or None)
    lost = value - before if less else before - value
    passed = lost <= allowed + ROUNDING
    shown, last = distinct(value, before)
    if lost <= 0:
        relation = "no worse than" if lost == 0 else "better than"
        sentence = f"{subject} is {shown}{_size(key, measured)}, {relation} the last graduate's {last}."
    else:
        worse, limit = distinct(lost, allowed)
        end = f"within the {limit} allowed" if passed else f"more than the {limit} allowed"
        sentence = f"{subject} is {shown}{_size(key, measured)}, {worse} worse than the last graduate's {last}, {end}."
    bound = before + allowed if less else before - allowed
    return Check(name, passed, sentence, value, bound, key or None)


def distinct(value: float, bound: float) -> tuple[str, str]:
    """Both numbers with as few digits as tell them apart: at least four significant ones, more where needed.

    A refusal that reads "0.95 is below the bound 0.95" is of no use to anybody.
    """
    for digits in range(4, 18):
        shown, against = f"{value:.{digits}g}", f"{bound:.{digits}g}"
        if shown != against or abs(value - bound) <= ROUNDING:
            return shown, against
    return repr(value), repr(bound)


def _unmeasured(name: str, key: str, measured: Metrics, value: float | None) -> str:
    if value is None:
        return f"{_subject(name, key)} was not measured{_size(key, measured)}, so its bound cannot be met."
    return f"{_subject(name, key)} is {value}{_size(key, measured)}, not a finite number."


def _none_if_nan(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _subject(name: str, key: str) -> str:
    subject = name.replace("_", " ")
    return f"{subject} on {key}" if key else subject


def _size(key: str, measured: Metrics) -> str:
    return f" ({_rows(int(measured['examples']))})" if key and "examples" in measured else ""


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
