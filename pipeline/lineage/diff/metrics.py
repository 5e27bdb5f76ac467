"""Metrics with their differences, over all rows and by slice; whether a difference in accuracy is more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graduate.pipeline.lineage.diff import chance
from graduate.pipeline.lineage.diff.chance import Reading
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, place, read_json, same_artifact

LOWER_IS_BETTER = frozenset({"loss", "calibration_error"})
_FILE = "metrics.json"


@dataclass(frozen=True)
class Metric:
    """A metric of all rows, or of a slice.

    Attributes:
        name: `accuracy`.
        slice: `label=7`; "" for all rows.
        a, b: the values; None where one side has none.
        better: whether B's is the better one; None where they are equal or one is missing, and of a count.
        reading: of an accuracy whose rows are known.
    """

    name: str
    slice: str
    a: float | None
    b: float | None
    better: bool | None = None
    reading: Reading | None = None

    @property
    def difference(self) -> float | None:
        """B − A."""
        return None if self.a is None or self.b is None else self.b - self.a


@dataclass(frozen=True)
class Metrics:
    """The metrics of two runs.

    Attributes:
        state: of all metrics, slices included.
        why: why they cannot be compared.
        split: the split that was evaluated, of A and of B; None where it is not recorded.
        same_rows: whether both were evaluated on the same rows; None where that is not known.
        overall: every metric of all rows, equal ones too.
        slices: the metrics of slices that differ.
    """

    state: State
    why: str = ""
    split: tuple[str | None, str | None] = (None, None)
    same_rows: bool | None = None
    overall: tuple[Metric, ...] = ()
    slices: tuple[Metric, ...] = ()

    @property
    def headline(self) -> Metric | None:
        """The metric that is spoken of: the first that moved (accuracy, then loss, come first), else the first."""
        both = [metric for metric in self.overall if metric.difference is not None and metric.name != "examples"]
        return next((metric for metric in both if metric.difference), both[0] if both else None)


@dataclass(frozen=True)
class _Measured:
    overall: Mapping[str, Any]
    slices: Mapping[str, Mapping[str, Any]]
    right: Mapping[str, int] | None
    split: str | None


def compare(a: Side, b: Side, same_split: Mapping[str, bool] | None) -> Metrics:
    """Compare the metrics.

    Args:
        a, b: the runs.
        same_split: by split, whether its rows are the same; empty where all are; None where that is not known.
    """
    one, other = (side.made("ModelEvaluation") for side in (a, b))
    left, right = _measured(a), _measured(b)
    lacking = [letter for letter, found in (("A", left), ("B", right)) if not found.overall]
    if lacking:
        return Metrics(UNKNOWN, f"{' and '.join(lacking)} was never evaluated" if len(lacking) == 1 else
                       "neither was evaluated", overall=_overall(left, right, None))  # fmt: skip
    split = left.split, right.split
    same = _same_rows(split, same_split) if not same_artifact(a, b, one, other) else True
    overall, slices = _overall(left, right, same), _slices(left, right, same)
    differ = any(metric.a != metric.b for metric in overall) or slices
    return Metrics(DIFFERS if differ else SAME, _unread(a, b), split, same, overall, slices)


def _same_rows(split: tuple[str | None, str | None], same_split: Mapping[str, bool] | None) -> bool | None:
    if split[0] != split[1]:
        return False
    if same_split is None:
        return None
    return same_split.get(split[0] or "test", True)


def _measured(side: Side) -> _Measured:
    """From the Evaluator's file; where that has gone, what the run recorded of it."""
    folder, _ = place(side.made("ModelEvaluation"))
    found = read_json(folder / _FILE) if folder is not None else {}
    found = {**found, **found.get("candidate", {})}
    slices = found.get("slices") or {}
    if isinstance(slices, list):
        slices = {str(one.get("slice")): one.get("metrics") or {} for one in slices}
    overall = {name: value for name, value in (found.get("overall") or side.run.metrics).items() if _is_number(value)}
    split = found.get("split") or (side.run.config.get("evaluation") or {}).get("split")
    return _Measured(overall, slices, _right_by_class(found.get("confusion_matrix")), split)


def _unread(a: Side, b: Side) -> str:
    for letter, side in (("A", a), ("B", b)):
        folder, why = place(side.made("ModelEvaluation"), "the evaluation")
        if folder is None or not (folder / _FILE).exists():
            return f"slices cannot be compared: {letter}: {why or f'{folder}/{_FILE} is gone'}"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _right_by_class(matrix: Any) -> dict[str, int] | None:
    """Rows right of each class: the diagonal of the confusion matrix."""
    if not isinstance(matrix, Mapping) or not isinstance(matrix.get("rows"), list):
        return None
    return {
        str(name): round(row[at]) for at, (name, row) in enumerate(zip(matrix["classes"], matrix["rows"], strict=False))
    }


def _overall(left: _Measured, right: _Measured, same_rows: bool | None) -> tuple[Metric, ...]:
    names = [*left.overall, *(name for name in right.overall if name not in left.overall)]
    first = sorted(names, key=lambda name: (name != "accuracy", name != "loss", name == "examples", name))
    return tuple(_metric(name, "", left.overall, right.overall, same_rows, (left.right, right.right)) for name in first)


def _slices(left: _Measured, right: _Measured, same_rows: bool | None) -> tuple[Metric, ...]:
    both = sorted(left.slices.keys() | right.slices.keys())
    level = chance.LEVEL / max(1, len(both))
    found = []
    for name in both:
        one, other = left.slices.get(name, {}), right.slices.get(name, {})
        for metric in [*one, *(key for key in other if key not in one)]:
            if one.get(metric) != other.get(metric):
                found.append(_metric(metric, name, one, other, same_rows, (None, None), level))
    return tuple(
        sorted(found, key=lambda metric: (metric.name != "accuracy", metric.name, -abs(metric.difference or 0)))
    )


def _metric(
    name: str,
    slice_name: str,
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    same_rows: bool | None,
    right: tuple[Mapping[str, int] | None, Mapping[str, int] | None],
    level: float = chance.LEVEL,
) -> Metric:
    a, b = one.get(name), other.get(name)
    if a is None or b is None or a == b:
        return Metric(name, slice_name, a, b)
    better = None if name == "examples" else (b < a) == (name in LOWER_IS_BETTER)
    reading = None
    if name == "accuracy" and one.get("examples") and other.get("examples"):
        rights = [chance.of_accuracy(m[name], m["examples"], by) for m, by in ((one, right[0]), (other, right[1]))]
        reading = chance.read(*rights, same_rows=bool(same_rows), level=level)
    return Metric(name, slice_name, a, b, better, reading)
