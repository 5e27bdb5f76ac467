"""What differs between two runs or two models, and which of it can explain the change in the metric.

A part a file: config, data, statistics, schema, code, weights, metrics, findings; `reach` and `causes` bring them
together, `explain` answers, `text` prints.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from graduate.pipeline.lineage.diff import (
    causes,
    code,
    config,
    data,
    explain,
    findings,
    metrics,
    reach,
    schema,
    sides,
    statistics,
    weights,
)
from graduate.pipeline.lineage.diff.sides import SAME, Side
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.words import Subject


@dataclass(frozen=True)
class Difference:
    """Two sides, and how they differ, a part a field."""

    a: Side
    b: Side
    config: config.Config
    data: data.Data
    statistics: statistics.Statistics
    schema: schema.Schema
    code: code.Code
    weights: weights.Weights
    metrics: metrics.Metrics
    findings: findings.Findings
    explanation: explain.Explanation

    @property
    def one_run(self) -> bool:
        """Whether both sides are the same run."""
        return self.a.store == self.b.store and self.a.run.id == self.b.run.id

    @property
    def same(self) -> bool:
        """Whether nothing that can be compared differs."""
        parts = (self.config, self.data, self.schema, self.code, self.weights, self.metrics, self.findings)
        return self.one_run or all(part.state == SAME for part in parts)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; what is no finite number is null."""
        told = {part: _plain(getattr(self, part)) for part in _PARTS}
        told["metrics"]["overall"] = [_metric(one) for one in self.metrics.overall]
        told["metrics"]["slices"] = [_metric(one) for one in self.metrics.slices]
        return {"a": _side(self.a), "b": _side(self.b), "same": self.same, **told}


_PARTS = (
    "metrics", "explanation", "findings", "config", "data", "statistics", "schema", "code", "weights",
)  # fmt: skip


def diff(a: tuple[Records, Subject], b: tuple[Records, Subject]) -> Difference:
    """Compare two runs; of a model, the run that made it.

    Args:
        a, b: a subject, and the records that know it.

    Raises:
        UsageError: one belongs to no run.
    """
    one, other = sides.of(*a), sides.of(*b)
    rows = data.compare(one, other)
    known = rows.splits if rows.state != sides.UNKNOWN else None
    if rows.state == sides.DIFFERS and not rows.splits:
        known = None
    measured = metrics.compare(one, other, known)
    settings, features, modules = config.compare(one, other), schema.compare(one, other), code.compare(one, other)
    model = weights.compare(one, other)
    reached = reach.walk(one, other, measured.same_rows)
    parts = causes.Parts(settings, rows, features, modules, measured.same_rows)
    found = causes.find(one, other, parts, reached)
    return Difference(
        one,
        other,
        settings,
        rows,
        statistics.compare(one, other),
        features,
        modules,
        model,
        measured,
        findings.compare(one, other),
        explain.explain(one, other, found, measured, model, reached),
    )


def _side(side: Side) -> dict[str, Any]:
    push = side.subject.push
    return {
        "label": side.label,
        "run": side.run.id,
        "pipeline": side.run.pipeline,
        "status": side.run.status,
        "started": side.run.started,
        "version": push.version if push else None,
        "store": side.store,
    }


def _metric(one: metrics.Metric) -> dict[str, Any]:
    return {**_plain(one), "difference": _plain(one.difference)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
