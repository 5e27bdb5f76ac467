"""One training seen: a model under an optimizer, its trace, and what is known of it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate.observe.optimizers import Update
from graduate.observe.row import MEASURED, RowMaker, group_of, key_of
from graduate.run_facts import facts_of
from graduate.trace import TraceWriter

_FLUSH_SECONDS = 0.5
_SHORT = 0.1  # seconds of a step
_THIN = ((5_000, 10), (500, 5))  # from this step on a row every so many steps


class Several:
    """Models that one optimizer trains together, as if they were one."""

    def __init__(self, models: Sequence[Any]) -> None:
        self.models = list(models)
        self.name = "_".join(model.name for model in models)[:60]

        self.chained = False  # whether each was seen to get what the one before it gave

    @property
    def built(self) -> bool:
        """Whether it can be called."""
        return self.chained

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """One behind the other, as the program calls them."""
        for model in self.models:
            inputs = model(inputs, training=training)
        return inputs

    def _flatten_layers(self, include_self: bool = True) -> list[Any]:
        return [layer for model in self.models for layer in model._flatten_layers()]

    @property
    def weights(self) -> list[Any]:
        return [v for model in self.models for v in model.weights] if self.chained else []

    @property
    def layers(self) -> list[Any]:
        return self.models

    @property
    def trainable_variables(self) -> list[Any]:
        return [v for model in self.models for v in model.trainable_variables]

    @property
    def variables(self) -> list[Any]:
        return [v for model in self.models for v in model.variables]


class Loose:
    """Variables that no model was seen to own."""

    def __init__(self, variables: Sequence[Any], name: str = "variables") -> None:
        self.name = name
        self.layers: list[Any] = []
        self.trainable_variables = self.variables = list(variables)


class Run:
    """A trace under way.

    Args:
        folder: of the trace.
        model: Keras', or `Several`, or `Loose`.
        optimizer: that updates it; None where none did.
        every: see `RowMaker`.
        batch_size: in examples, 0 where it is not known.
        loss: name.
        goes_on: number the steps as the optimizer does, and go on in a trace that is there.
    """

    def __init__(
        self,
        folder: Path,
        model: Any,
        optimizer: Any,
        *,
        every: int = 1,
        batch_size: int = 0,
        loss: str | None = None,
        goes_on: bool = False,
    ) -> None:
        self.model, self.optimizer, self.folder = model, optimizer, folder
        self.variables = [v for v in model.trainable_variables if _measurable(v)]
        start = _done(optimizer) if goes_on else 0
        self.maker = RowMaker(self.variables, every, start) if self.variables else None
        self._every, self._position = every, {key_of(v): i for i, v in enumerate(self.variables)}
        described = _Described(model, self.variables)
        facts = facts_of(described, optimizer or _None(), batch_size=batch_size, loss=loss)
        self.described = facts.variables
        self._writer: TraceWriter | None = TraceWriter(folder, facts, [group_of(len(self.variables))])
        if not self._writer.empty and self._writer.last_step[0] > start:
            self._writer.branch(start)
        self.initial = snapshot(model)
        self.never_given = set(self._position)  # variables that no update was given
        self.without_gradient: set[int] = set()
        self.with_gradient: set[int] = set()
        self.step, self.rows_lost, self.traces_applied = start, 0, 0
        self.thinned = 1
        self.waited = 0.0  # for input, where it is measured as a whole: NaN where it is not
        self.calls: list[tuple[float, float]] = []  # seconds and input seconds of calls since the last flush
        self._times: list[np.ndarray] = []  # (n, 2): seconds and input seconds of steps
        self.first_seconds: float | None = None
        self.waits_for_datasets = False
        self.between: list[tuple[float, float]] = []  # of a loop: seconds before a step and in it
        self.began = time.perf_counter()
        self.rates: list[float] = []  # learning rates, where they changed
        self.facts: dict[str, Any] = {}
        self.contexts: list[Any] = []  # calls of `fit` that it took part in
        self.frozen = [layer.name for layer in _frozen(model)]
        self.fine_tuning = False
        self.fits, self.optimizers, self.eager, self.jit = 0, 1, False, False
        self.continues: Run | None = None
        self.continued_by: Run | None = None
        self._flushed = time.monotonic()

    def record(self, update: Update, loss: Any) -> None:
        """A row of an update that is done (being traced, or eager)."""
        aligned: list[Any] = [None] * len(self.variables)
        gradients = update.reduced if update.reduced is not None else update.gradients
        for gradient, variable in zip(gradients, update.variables, strict=False):
            at = self._position.get(key_of(variable))
            if at is None:
                continue
            self.never_given.discard(key_of(variable))
            (self.without_gradient if gradient is None else self.with_gradient).add(key_of(variable))
            aligned[at] = gradient
        self.traces_applied += 1
        if self.maker is None or all(one is None for one in aligned):
            return
        clipped = update.kept("clipped") if update.clips else None
        self.maker.append(loss, update.kept("rate"), clipped, aligned)

    def record_by_hand(self, loss: Any, gradients: dict[int, Any]) -> None:
        """A row of gradients whose update is the program's own; it shows what moved since the row before."""
        aligned = [gradients.get(key_of(v)) for v in self.variables]
        self.never_given -= gradients.keys()
        if self.maker is not None and any(one is not None for one in aligned):
            self.maker.append(loss, None, None, aligned)

    def tell(self, name: str, value: Any, step: int | None = None) -> None:
        """Write down what was found out."""
        self.facts[name] = value
        if self._writer is not None:
            self._writer.tell(self.step if step is None else step, name, plain(value))

    def flush(self, force: bool = False) -> bool:
        """Rows on the device → the trace, when it is time; says whether it was."""
        if self._writer is None or self.maker is None:
            return False
        late = time.monotonic() - self._flushed >= _FLUSH_SECONDS
        if not force and not late and len(self.calls) < self.maker.ring.capacity // 4:
            return False
        self.step, before = self.maker.steps, self.step
        steps, rows, lost = self.maker.ring.take()
        self.rows_lost += lost
        seconds, waited = self._spread(self.step - before)
        self._flushed = time.monotonic()
        if len(steps):
            at = np.clip(steps - before - 1, 0, max(0, len(seconds) - 1)).astype(int)
            timed = [series[at] if len(series) else np.full(len(steps), np.nan) for series in (seconds, waited)]
            width = len(self.variables)
            parts = np.split(rows[:, len(MEASURED) :], range(width, rows.shape[1] - len(MEASURED), width), axis=1)
            series = [rows[:, i] for i in range(len(MEASURED))]
            self._watch_rate(series[MEASURED.index("learning_rate")])
            self._writer.rows(0, steps, [*series, *timed, *parts])
        self._thin()
        return True

    def _thin(self) -> None:
        """Where steps are short and many, what a row costs would show: then not every one gets one."""
        if self._every > 1 or self.maker is None or self.first_seconds is None:
            return
        wanted = next((every for step, every in _THIN if self.step >= step), 1)
        if wanted > self.thinned and float(np.median(self.times()[-500:, 0])) < _SHORT:
            self.thinned = wanted
            self.maker.thin(wanted)

    def _spread(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Seconds and input seconds of each of the steps since the last flush, from those of the calls."""
        calls, self.calls = np.array(self.calls, float).reshape(-1, 2), []
        waited, self.waited = self.waited, 0.0
        if not len(calls) or steps <= 0:
            return np.zeros(0), np.zeros(0)
        if steps % len(calls) == 0:
            each = steps // len(calls)
            spread = np.repeat(calls / each, each, axis=0)
        else:
            spread = np.tile(calls.sum(0) / steps, (steps, 1))
        if np.isfinite(waited) and waited > 0:
            spread[:, 1] = np.minimum(waited / steps, spread[:, 0])
        first = 1 if self.first_seconds is None else 0
        if first:
            self.first_seconds = float(spread[0, 0])
        if sum(map(len, self._times)) < 200_000:
            self._times.append(spread[first:])
        return spread[:, 0], spread[:, 1]

    def times(self) -> np.ndarray:
        """Seconds and input seconds of the steps after the first, (n, 2)."""
        return np.concatenate(self._times) if self._times else np.zeros((0, 2))

    def _watch_rate(self, rates: np.ndarray) -> None:
        rates = rates[np.isfinite(rates)]
        before = [self.rates[-1]] if self.rates else []
        joined = np.concatenate([before, rates])
        changed = joined[np.concatenate([[not before], np.diff(joined) != 0])] if len(joined) else joined
        if len(self.rates) < 100_000:
            self.rates.extend(changed.tolist())

    def close(self) -> None:
        """Write the rest and let go of the trace."""
        self.flush(force=True)
        if self._writer is not None:
            self._writer.close()
        self._writer = self.maker = None
        self.initial = {}

    @property
    def open(self) -> bool:
        """Whether it can still be written."""
        return self._writer is not None


def folder_name(number: int, model: Any) -> str:
    """Of a trace: `<n>-<model name>`, safe on every file system."""
    return f"{number}-{re.sub(r'[^A-Za-z0-9_.-]+', '_', str(model.name))[:60]}"


def snapshot(model: Any, limit: int = 30_000_000) -> dict[int, Any]:
    """Values of all variables by key; nothing where they are too many to keep."""
    import tensorflow as tf

    variables = list(model.variables)
    if sum(int(np.prod(v.shape)) for v in variables) > limit:
        return {}
    with tf.init_scope():
        return {key_of(v): np.array(getattr(v, "_value", v)) for v in variables}


def plain(value: Any) -> Any:
    """As JSON values: NumPy's numbers and tensors are not."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if hasattr(value, "numpy"):
        return plain(value.numpy())
    return str(value)


def _frozen(model: Any) -> list[Any]:
    flatten = getattr(model, "_flatten_layers", None)
    layers = list(flatten(include_self=False)) if flatten is not None else []
    return [one for one in layers if not one.trainable and getattr(one, "_trainable_variables", None)]


def _measurable(variable: Any) -> bool:
    shape, kind = tuple(variable.shape), str(getattr(variable.dtype, "name", variable.dtype))
    return all(size is not None for size in shape) and "float" in kind


def _done(optimizer: Any) -> int:
    """Updates that an optimizer made."""
    iterations = getattr(optimizer, "iterations", None)
    return int(iterations.numpy()) if iterations is not None else 0


class _None:
    """In place of an optimizer where none was seen."""

    def get_config(self) -> dict[str, Any]:
        return {}


class _Described:
    """A model's layers with the variables that are recorded, for the trace's header."""

    def __init__(self, model: Any, variables: Sequence[Any]) -> None:
        self.layers, self.trainable_variables = getattr(model, "layers", []), list(variables)
        if not self.layers:
            self.trainable_variables = [_Named(v, i) for i, v in enumerate(variables)]


class _Named:
    """A variable with a path, which TensorFlow's have not."""

    def __init__(self, variable: Any, number: int) -> None:
        name = getattr(variable, "path", None) or str(variable.name).split(":")[0]
        self.path = name if "/" in name else f"{name or 'variable'}_{number}/value"
        self.shape = variable.shape
