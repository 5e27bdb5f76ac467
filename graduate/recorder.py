"""Records every gradient of every step of a training into a trace.

with Recorder("runs/7/trace") as recorder:
    train(build, rows_train, rows_eval, options, callbacks=[recorder])
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from graduate.errors import UsageError
from graduate.measures import gradients as of_gradients
from graduate.measures import weights as of_weights
from graduate.measures.packed import Packing
from graduate.run_facts import facts_of
from graduate.to_tensorboard import LiveEvents
from graduate.trace import Column, Event, Group, Trace, TraceWriter, open_trace
from graduate.training.strategy import is_chief
from graduate.training.targets import described

if TYPE_CHECKING:
    from graduate.observe.attach import Attached

SERIES = ("loss", "learning_rate", "clipped_global_norm")
TABLES = (*of_gradients.COLUMNS, *of_weights.COLUMNS)
_BLOCK_ROWS = 256
_BLOCK_SECONDS = 0.2


class Recorder:
    """A callback of `graduate.training.train`, see `graduate.training.hooks`.

    Rows are computed inside the compiled step and kept in a buffer on the device; between two compiled calls, when 256
    have come together or a fifth of a second has passed, they become a block of the trace. The step never waits for
    the host. A training that goes on from a checkpoint goes on in its trace: rows beyond the checkpoint stay on disk,
    off the surviving branch. Recording changes no bit of the training. `close`, which `with` calls, writes the rest.

    Args:
        path: the trace, a folder.
        every: record steps whose number is a multiple of it.
        label_counts: training rows by class, for the run facts.
        input_range: least and largest value that goes into the model, for the run facts.
        tensorboard: a folder for TensorBoard's events too, about one step a second; `graduate.to_tensorboard` writes
            more of a whole trace.

    Raises:
        UsageError: `every` is below 1; at the first step also if the folder holds the trace of another model.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: int = 1,
        *,
        label_counts: Mapping[str, int] | None = None,
        input_range: tuple[float, float] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> None:
        if every < 1:
            raise UsageError(f"a recorder records every step or every n-th, not every {every}")
        self.path, self._every = os.fspath(path), every
        self._label_counts, self._input_range = label_counts, input_range
        self._writer: TraceWriter | None = None
        self._buffer: _Buffer | None = None
        self._step = self._written = self._last = 0
        self._flushed = time.monotonic()
        self._events = None if tensorboard is None else LiveEvents(tensorboard)

    def attach(self, model: Any) -> Attached[Recorder]:
        """Record any training of a Keras model: `with Recorder("trace").attach(model): model.fit(x, y)`.

        Inside of `with`, every update of the model's weights is recorded: those of `fit` and `train_on_batch`, and of
        a loop of your own with `GradientTape` and `optimizer.apply`, compiled or not. A `tf.function` of yours must be
        traced inside of it for the first time. Keras' own training methods are also told what passes through them; see
        docs/recorder.md.

        Raises:
            UsageError: `model` is no Keras model.
        """
        from graduate.observe.attach import Attached

        return Attached(self, self.path, model, self._every)

    def start(self, training: Any) -> None:
        """Open the trace; where it goes on from a checkpoint, on a branch of its own."""
        self._last = training.steps
        if not is_chief(training.strategy):
            return
        facts = facts_of(
            training.model,
            training.optimizer,
            batch_size=training.options.batch_size,
            loss=described(training.target, training.from_logits)["loss"],
            label_counts=self._label_counts,
            input_range=self._input_range,
        )
        variables = training.model.trainable_variables
        self._packing = Packing([variable.shape for variable in variables])
        self._buffer = _Buffer(len(SERIES) + len(TABLES) * len(variables))
        # The weights before a step are kept from the step before: were they read in the step itself, the optimizer
        # could not change them in place, which costs more than all statistics together.
        self._variables = variables
        self._names = [variable.name for variable in facts.variables]
        self._previous = tf.Variable(self._packing.pack(variables), trainable=False)
        self._writer = TraceWriter(self.path, facts, [group_of(len(variables))])
        if not self._writer.empty and self._step < training.steps:
            if self._writer.last_step[0] > self._step:
                self._writer.branch(self._step)
            if not training.again:  # after a cure it is the supervisor who says what happened
                self.note(Event(self._step, "resume", {}))

    def inside_step(
        self,
        *,
        step: tf.Tensor,
        loss: tf.Tensor,
        learning_rate: tf.Tensor,
        gradients: Sequence[Any],
        clipped: Sequence[Any],
        after: Sequence[Any],
    ) -> None:
        """In the compiled step: a row to the buffer."""
        if self._buffer is None:
            return
        buffer, previous = self._buffer, self._previous

        def record() -> tf.Tensor:
            packed = self._packing.pack(after)
            measured = of_gradients.measure(self._packing, gradients)
            if all(one is other for one, other in zip(clipped, gradients, strict=True)):  # nothing clips
                total = tf.norm(tf.gather(measured[0], [i for i, one in enumerate(gradients) if one is not None]))
            else:
                total = of_gradients.global_norm(self._packing, clipped)
            tables = [*measured, *of_weights.measure(self._packing, previous.read_value(), packed)]
            series = tf.stack([loss, tf.cast(learning_rate, tf.float32), total])
            buffer.append(step, tf.concat([series, *tables], 0))
            if self._every == 1:
                previous.assign(packed)
            return tf.constant(0)

        def prepare() -> tf.Tensor:
            previous.assign(self._packing.pack(after))
            return tf.constant(0)

        if self._every == 1:
            record()
        else:
            tf.cond(tf.equal(step % self._every, 0), record, lambda: tf.constant(0))
            tf.cond(tf.equal((step + 1) % self._every, 0), prepare, lambda: tf.constant(0))

    def after_steps(self, step: int) -> None:
        """On the host, once a compiled call."""
        self._step = step
        waiting = step // self._every - self._written // self._every
        old = time.monotonic() - self._flushed >= _BLOCK_SECONDS
        if waiting >= _BLOCK_ROWS or old or step >= self._last:
            self.flush()

    def note(self, event: Event) -> None:
        """Write down that something happened to the training; what it did to the weights is not the next step's."""
        self._look_again()
        self.flush()
        if self._writer is not None:
            self._writer.event(event)

    def tell(self, name: str, value: Any, step: int | None = None) -> None:
        """Write down what was found out beside the columns, by a name of docs/facts.md; after the newest step."""
        if self._writer is not None:
            self._writer.tell(self._step if step is None else step, name, value)

    def branch(self, step: int) -> None:
        """The training goes on from after `step`: rows beyond it stay on disk, off the surviving branch."""
        self.flush()
        if self._writer is not None:
            self._writer.branch(step)
        self._step = self._written = step
        self._look_again()

    def state(self) -> dict[str, np.ndarray]:
        """For a checkpoint: where the trace is. Its rows up to here are on the disk before the checkpoint is."""
        self.flush()
        if self._writer is not None:
            self._writer.sync()
        return {"step": np.asarray(self._step, np.int64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """From a checkpoint; one that was written without a recorder says nothing."""
        if "step" in state:
            self._step = self._written = int(state["step"])

    def flush(self) -> None:
        """Write the rows that are in the buffer."""
        if self._buffer is None or self._writer is None:
            return
        steps, rows = self._buffer.take()
        self._written, self._flushed = self._step, time.monotonic()
        group = self._writer.groups[0]
        parts = np.split(rows, np.cumsum([column.values for column in group.columns])[:-1], axis=1)
        columns = [part if c.width else part[:, 0] for part, c in zip(parts, group.columns, strict=True)]
        self._writer.rows(0, steps, columns)
        if self._events is not None and len(steps):
            names = [column.name for column in group.columns]
            self._events.row(int(steps[-1]), dict(zip(names, (c[-1] for c in columns), strict=True)), self._names)

    def trace(self) -> Trace:
        """What is recorded so far."""
        self.flush()
        return open_trace(self.path)

    @property
    def buffer_bytes(self) -> int:
        """Memory of the buffer on the device; 0 before the first step."""
        return 0 if self._buffer is None else self._buffer.bytes

    def close(self) -> None:
        """Write what is left, and let go of the trace."""
        self.flush()
        if self._writer is not None:
            self._writer.close()
        if self._events is not None:
            self._events.close()
        self._writer = self._buffer = None

    def _look_again(self) -> None:
        """Take the weights as they are now for those before the next step."""
        if self._buffer is not None:
            self._previous.assign(self._packing.pack(self._variables))

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def group_of(variables: int) -> Group:
    """The columns of a row."""
    tables = (Column(name, variables, "variables") for name in TABLES)
    return Group("step", (*(Column(name) for name in SERIES), *tables))


class _Buffer:
    """Rows on the device. It grows inside the graph: how many steps a call takes is the loop's affair."""

    def __init__(self, width: int) -> None:
        self._rows = tf.Variable(tf.zeros([_BLOCK_ROWS, width]), shape=[None, width], trainable=False)
        self._steps = tf.Variable(tf.zeros([_BLOCK_ROWS], tf.int64), shape=[None], trainable=False)
        self._filled = tf.Variable(0, trainable=False)

    def append(self, step: tf.Tensor, row: tf.Tensor) -> None:
        """Put a row behind the others."""
        at = self._filled.read_value()
        tf.cond(at < tf.shape(self._steps)[0], lambda: tf.constant(0), self._grow)
        self._rows.scatter_update(tf.IndexedSlices(row[tf.newaxis], at[tf.newaxis]))
        self._steps.scatter_update(tf.IndexedSlices(step[tf.newaxis], at[tf.newaxis]))
        self._filled.assign(at + 1)

    def take(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps (n,) and rows (n, width) on the host; the buffer is empty then."""
        filled = int(self._filled.numpy())
        steps, rows = self._steps[:filled].numpy(), self._rows[:filled].numpy()
        self._filled.assign(0)
        return steps, rows

    @property
    def bytes(self) -> int:
        """Its size now."""
        rows, width = self._rows.read_value().shape
        return int(rows * (4 * width + 8))

    def _grow(self) -> tf.Tensor:
        self._rows.assign(tf.concat([self._rows, tf.zeros_like(self._rows)], 0))
        self._steps.assign(tf.concat([self._steps, tf.zeros_like(self._steps)], 0))
        return tf.constant(0)
