"""What the table task may be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.config import by_task
from graduate.pipeline.tasks import options
from graduate.pipeline.tasks.options import Found, Options, Rule

_DENSE = {"units": [64, 32], "activation": "relu", "dropout": 0.1}
# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "mlp": _DENSE,
    "linear": {},
    "wide_deep": _DENSE,
    "resnet": {"width": 64, "blocks": 2, "activation": "relu", "dropout": 0.1},
}
AUGMENTATIONS: Mapping[str, Rule] = {}
_RULES: Mapping[str, Rule] = {
    "units": options.maybe_layers,
    "width": options.whole,
    "blocks": options.whole,
    "activation": options.activation,
    "dropout": options.dropout,
}


def check(config: Any) -> Iterator[Found]:
    """What is wrong with what only the task knows; see `options.check`."""
    yield from options.check(config, OPTIONS)


def _more(config: Any) -> Iterator[Found]:
    data = config.data
    if data.table is not None and data.label is None:
        yield ("data", "label"), "data.label names no column", "give the column that is to be predicted"
    if isinstance(data.label, list) and data.target == "class":
        yield ("data", "target"), "several label columns are no class", "target: labels (0 and 1), or number"
    if isinstance(data.label, list) and len(set(data.label)) < len(data.label):
        yield ("data", "label"), "data.label names a column twice", "name each once"
    known = by_task.METRICS[data.target]
    for index, part in enumerate(config.evaluation.slices):
        for metric in by_task.ALL_METRICS:
            if getattr(part, metric, None) is not None and metric not in known:
                at = ("evaluation", "slices", index, metric)
                yield at, f"{metric} is not measured of a {data.target}", f"known: {', '.join(known)}"
    if data.target != "class":
        yield from _without_classes(config, "numbers" if data.target == "number" else "several labels")


def _without_classes(config: Any, labels: str) -> Iterator[Found]:
    training = config.training
    if training.class_weights != "none":
        yield ("training", "class_weights"), f"{labels} have no classes that could be weighed", "remove class_weights"
    if labels == "numbers" and training.label_smoothing:
        yield ("training", "label_smoothing"), "numbers cannot be smoothed as labels", "remove label_smoothing"
    stopping = training.early_stopping
    if labels == "numbers" and stopping is not None and stopping.metric == "accuracy":
        yield ("training", "early_stopping", "metric"), "numbers have no accuracy", "metric: loss"
    for index, part in enumerate(config.evaluation.slices):
        if part.by == "label":
            yield ("evaluation", "slices", index, "by"), f"{labels} are no slices", "slice by a column of categories"


OPTIONS = Options(
    noun="a table",
    hyperparameters=HYPERPARAMETERS,
    rules=_RULES,
    augmentations=AUGMENTATIONS,
    slices=(),
    transform=by_task.TRANSFORM["table"],
    example="tables have none",
    more=_more,
)
