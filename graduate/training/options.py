"""What a training obeys, as plain data: the config's `training` group without pydantic or TensorFlow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_type_hints

from graduate.errors import UsageError

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Decay = Literal["constant", "cosine", "linear", "exponential", "step"]


@dataclass(frozen=True)
class Optimizer:
    """A Keras optimizer by name. What is None is left at Keras' default."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "adagrad", "lion"] = "adam"
    momentum: float | None = None
    nesterov: bool | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    weight_decay: float | None = None


@dataclass(frozen=True)
class Schedule:
    """A linear warm-up to `peak`, then a decay that reaches `peak * end` at the last step.

    The rate of step t (t = 1, 2, …, steps), with w = `warmup_steps` and p = (t - 1 - w) / (steps - 1 - w) in [0, 1]:

    - t <= w: `peak * t / (w + 1)`, so that the first step already learns and step w + 1 has the peak
    - constant: `peak`
    - linear: `peak * (1 - (1 - end) * p)`
    - cosine: `peak * (end + (1 - end) * (1 + cos(pi * p)) / 2)` (Loshchilov and Hutter 2017, equation 5, one period)
    - exponential: `peak * end ** p`, so `end` must be above 0
    - step: `peak * factor ** (how many of `boundaries` are below t)`; `end` is not used
    """

    peak: float
    schedule: Decay = "cosine"
    warmup_steps: int = 0
    end: float = 0.0
    boundaries: tuple[int, ...] = ()
    factor: float = 0.1


@dataclass(frozen=True)
class EarlyStopping:
    """Stop after `patience` evaluations without a gain of more than `min_delta`; the best weights are restored."""

    metric: str = "loss"
    patience: int = 5
    min_delta: float = 0.0


@dataclass(frozen=True)
class TrainingOptions:
    """How a network is trained. One of `steps` and `epochs` is given; both in global steps, whatever the strategy.

    `batch_size` counts examples of one optimizer step over all replicas and all `accumulate` micro-batches.
    `eval_every` None is once an epoch; `steps_per_call` None lets the loop find a length of about a quarter of a
    second.
    `memory_limit` (bytes): larger inputs stay where they are and are read step by step.
    `deterministic` None asks TensorFlow for deterministic kernels where a GPU trains (a CPU's are); False never does.
    """

    steps: int | None = None
    epochs: float | None = None
    batch_size: int = 64
    optimizer: Optimizer = field(default_factory=Optimizer)
    learning_rate: float | Schedule = 0.001
    clip_norm: float | None = None
    clip_value: float | None = None
    l2: float = 0.0
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] | Mapping[str, float] = "none"
    accumulate: int = 1
    early_stopping: EarlyStopping | None = None
    eval_every: int | None = None
    checkpoint_every: int = 200
    steps_per_call: int | None = None
    precision: Precision = "float32"
    xla: bool = False
    seed: int = 0
    memory_limit: int = 1 << 30
    deterministic: bool | None = None

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.epochs is None):
            raise UsageError(
                "training needs one of steps and epochs", hint="e.g. `training: {epochs: 20}`", where="training"
            )
        if self.batch_size % self.accumulate:
            raise UsageError(
                f"accumulate {self.accumulate} does not divide batch_size {self.batch_size}",
                where="training.accumulate",
            )
        if self.precision not in get_args(Precision):
            raise UsageError(f"unknown precision {self.precision!r}", where="training.precision")
        if isinstance(self.learning_rate, Schedule):
            _check_schedule(self.learning_rate)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingOptions:
        """Take the JSON of the config's `training` group, without what is not the loop's (`augment`, `strategy`).

        Raises:
            UsageError: a value does not fit.
        """
        known = {f.name for f in dataclasses.fields(cls)}
        taken = {key: value for key, value in values.items() if key in known}
        optimizer = taken.get("optimizer")
        if isinstance(optimizer, str):
            taken["optimizer"] = Optimizer(name=optimizer)  # type: ignore[arg-type]
        for key, kind in (("optimizer", Optimizer), ("learning_rate", Schedule), ("early_stopping", EarlyStopping)):
            if isinstance(taken.get(key), Mapping):
                taken[key] = _plain(kind, taken[key], f"training.{key}")
        return cls(**taken)

    def resolved_steps(self, rows: int) -> int:
        """The number of optimizer steps on `rows` training rows; epochs are rounded up to whole steps."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return max(1, math.ceil(self.epochs * rows / self.batch_size - 1e-9))

    def resolved_eval_every(self, rows: int) -> int:
        """Steps between evaluations: once an epoch by default."""
        return self.eval_every or max(1, math.ceil(rows / self.batch_size))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able data."""
        return dataclasses.asdict(self)


def _plain(kind: type, values: Mapping[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    unknown = set(values) - set(hints)
    if unknown:
        raise UsageError(f"unknown key {sorted(unknown)[0]}", hint=f"known: {', '.join(hints)}", where=where)
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def _check_schedule(schedule: Schedule) -> None:
    where = "training.learning_rate"
    if schedule.schedule not in get_args(Decay):
        raise UsageError(f"unknown schedule {schedule.schedule!r}", hint=", ".join(get_args(Decay)), where=where)
    if schedule.schedule == "exponential" and schedule.end <= 0:
        raise UsageError("an exponential decay never reaches 0", hint="give `end`, e.g. 0.01", where=f"{where}.end")
    if schedule.schedule == "step" and list(schedule.boundaries) != sorted(set(schedule.boundaries)):
        raise UsageError("boundaries must rise", where=f"{where}.boundaries")
