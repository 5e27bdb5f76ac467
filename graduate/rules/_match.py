"""Labels, loss and outputs side by side: what the three rules about them ask. NumPy only.

Names of activations can mislead (a program may normalise outside any layer), so the outputs that probes saw count for
more than what a layer is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graduate.rules import _told as told
from graduate.trace.reader import Trace

BINARY = frozenset({"binary_crossentropy", "binary_focal_crossentropy"})
CATEGORICAL = frozenset({"categorical_crossentropy", "categorical_focal_crossentropy"})
SPARSE = frozenset({"sparse_categorical_crossentropy"})
HINGE = frozenset({"hinge", "squared_hinge"})
REGRESSION = frozenset(
    {
        "mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_logarithmic_error",
        "huber",
        "log_cosh",
    }
)
LOWEST = {
    "sigmoid": 0.0,
    "hard_sigmoid": 0.0,
    "softmax": 0.0,
    "relu": 0.0,
    "relu6": 0.0,
    "softplus": 0.0,
    "exponential": 0.0,
    "exp": 0.0,
    "tanh": -1.0,
    "hard_tanh": -1.0,
    "softsign": -1.0,
    "elu": -1.0,
    "selu": -1.7581,
    "silu": -0.2785,
    "swish": -0.2785,
    "gelu": -0.17,
    "celu": -1.0,
}
HIGHEST = {
    "sigmoid": 1.0,
    "hard_sigmoid": 1.0,
    "softmax": 1.0,
    "tanh": 1.0,
    "hard_tanh": 1.0,
    "softsign": 1.0,
    "relu6": 6.0,
    "log_softmax": 0.0,
    "log_sigmoid": 0.0,
}
_SLACK = 1e-3


@dataclass(frozen=True)
class Match:
    """Labels, loss and outputs of one output. Everything may be None: not known.

    Attributes:
        loss: Keras' name; None for one of the program's own.
        custom: the loss is the program's own.
        logits: the loss takes outputs as logits; `undone`: yet Keras looks behind the last activation.
        activation: of the output, by name, unless the outputs contradict it.
        units: numbers in the last axis of the output.
        output_rank: axes of the output without the batch.
        kind, least, largest, mean, std, distinct, integers, rows: of the training labels.
        width: numbers in the last axis of the labels if they have as many axes as the output, else 1.
        label_rank: axes of the labels without the batch.
        row_sum: least and largest sum of a row of labels.
        outputs: least and largest output that any probe saw.
        output_sum: least and largest sum of a row of outputs.
        metrics: names of the metrics.
    """

    loss: str | None
    custom: bool
    logits: bool | None
    undone: bool
    activation: str | None
    units: int | None
    output_rank: int | None
    kind: str | None
    least: float | None
    largest: float | None
    mean: float | None
    std: float | None
    distinct: float | None
    integers: bool | None
    rows: float
    width: int | None
    label_rank: int | None
    row_sum: tuple[float, float] | None
    outputs: tuple[float, float] | None
    output_sum: tuple[float, float] | None
    metrics: tuple[str, ...]

    @property
    def probabilities(self) -> bool | None:
        """Whether all outputs lie in 0 … 1; by the activation's name where no output was seen."""
        if self.outputs is not None:
            return self.outputs[0] >= -_SLACK and self.outputs[1] <= 1 + _SLACK and not self._dead_line()
        return None if self.activation is None else self.activation in ("sigmoid", "softmax", "hard_sigmoid")

    @property
    def distributions(self) -> bool | None:
        """Whether the outputs of a row sum to one."""
        if self.probabilities is False:
            return False
        if self.output_sum is not None:
            return self.output_sum[0] > 0.95 and self.output_sum[1] < 1.05
        return None if self.activation is None else self.activation == "softmax"

    def _dead_line(self) -> bool:
        """A linear output that was 0 throughout is no probability."""
        return self.outputs is not None and self.outputs[0] == self.outputs[1] and self.activation == "linear"

    @property
    def classifies(self) -> bool:
        """Whether the labels name classes."""
        return self.kind in ("class_index", "binary", "one_hot", "multi_hot", "sequence")

    @property
    def counts_hits(self) -> bool:
        """Whether the program asked for an accuracy: it means classes, whatever the labels look like."""
        return any("acc" in one.lower() or one.lower() in ("auc", "precision", "recall") for one in self.metrics)


def match(trace: Trace) -> Match | None:
    """The view of a trace; None where there is no objective. Of several outputs it is the first with a loss."""
    objective, labels = told.told(trace, "objective"), told.told(trace, "labels.train")
    if not objective:
        return None
    if told.doubtful_labels(trace):
        labels = {}
    output_shape, label_shape = _shape(objective.get("output_shape")), _shape(labels.get("shape"))
    units = told.number(objective.get("output_units"))
    activation = _activation(objective.get("output_activation"))
    outputs, sums = _outputs(trace)
    if (units or 0) > 1 and output_shape and _one_number_a_row(trace):
        # a model with a `call` of its own does not end in the layer that was taken for its last
        units, output_shape, activation = 1.0, [*output_shape[:-1], 1], None
    loss = objective.get("loss")
    label_rank = None if label_shape is None else len(label_shape)
    output_rank = None if output_shape is None else len(output_shape)
    return Match(
        loss=loss if loss != "custom" else None,
        custom=loss == "custom",
        logits=objective.get("from_logits"),
        undone=bool(objective.get("logits_undone")) and objective.get("seen") != "guess",
        activation=activation,
        units=None if units is None else int(units),
        output_rank=output_rank,
        kind=labels.get("kind"),
        least=told.number(labels.get("least")),
        largest=told.number(labels.get("largest")),
        mean=told.number(labels.get("mean")),
        std=told.number(labels.get("std")),
        distinct=told.number(labels.get("distinct")),
        integers=labels.get("integers"),
        rows=told.number(labels.get("rows")) or 0.0,
        width=_width(label_shape, output_rank),
        label_rank=label_rank,
        row_sum=_pair(labels.get("row_sum")),
        outputs=outputs,
        output_sum=sums,
        metrics=tuple(map(str, objective.get("metrics") or ())),
    )


def unreachable(match: Match, low: float, high: float) -> float:
    """Share of the targets' variance that outputs within `low` … `high` cannot explain.

    Only moments of the targets are known: a normal density of their mean and spread, cut at their least and largest.
    """
    if match.least is None or match.largest is None or not match.std or match.mean is None:
        return 0.0
    values = np.linspace(match.least, match.largest, 2001)
    weights = np.exp(-0.5 * ((values - match.mean) / match.std) ** 2)
    missed = (values - np.clip(values, low, high)) ** 2
    total = float((weights * (values - match.mean) ** 2).sum())
    return float((weights * missed).sum()) / total if total > 0 else 0.0


def floor_of_bounded_logits(low: float, high: float, units: int) -> float:
    """Least cross-entropy, in nats, that logits within `low` … `high` can reach: one at the top, others at the bottom.

    With one unit the mean over both classes is not known; the easier one is taken.
    """
    if units <= 1:
        return float(np.log1p(np.exp(-max(high, -low))))
    return float(np.log1p((units - 1) * np.exp(low - high)))


def _outputs(trace: Trace) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Least and largest output, and sum of a row, over all probes with finite ones."""
    found: list[tuple[float, float]] = []
    sums: list[tuple[float, float]] = []
    for _, probe in told.probes(trace):
        one = probe.get("outputs")
        if not isinstance(one, Mapping):
            continue
        least, largest = told.number(one.get("least")), told.number(one.get("largest"))
        if least is not None and largest is not None:
            found.append((least, largest))
            pair = _pair(one.get("row_sum"))
            if pair is not None:
                sums.append(pair)
    return _hull(found), _hull(sums)


def _one_number_a_row(trace: Trace) -> bool:
    """Whether sums of rows went from exactly the least output to exactly the largest: a row holds one number."""
    told_so = False
    for _, probe in told.probes(trace):
        one = probe.get("outputs")
        if not isinstance(one, Mapping):
            continue
        pair = _pair(one.get("row_sum"))
        if pair is None or pair[0] == pair[1]:
            continue
        if pair != (told.number(one.get("least")), told.number(one.get("largest"))):
            return False
        told_so = told_so or pair[0] != 0  # of many outputs all but one may be 0
    return told_so


def _hull(pairs: list[tuple[float, float]]) -> tuple[float, float] | None:
    return (min(low for low, _ in pairs), max(high for _, high in pairs)) if pairs else None


def _pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    low, high = told.number(value[0]), told.number(value[1])
    return None if low is None or high is None else (low, high)


def _shape(value: object) -> list[int | None] | None:
    return list(value) if isinstance(value, list | tuple) else None


def _width(label_shape: list[int | None] | None, output_rank: int | None) -> int | None:
    """Labels a unit: 1 where they lack the outputs' last axis."""
    if label_shape is None:
        return None
    if not label_shape or (output_rank is not None and len(label_shape) < output_rank):
        return 1
    return label_shape[-1]


def _activation(name: object) -> str | None:
    return None if name is None else str(name).lower()
