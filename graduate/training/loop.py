"""One training loop for every strategy.

strategy, sentence = resolve_strategy("auto")
result = train(build, rows_train, rows_eval, TrainingOptions(steps=600), strategy=strategy)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.training.checkpoint import Checkpoints, Trained
from graduate.training.feed import EvaluationFeed, Feed
from graduate.training.input import Order, Rows
from graduate.training.objective import Objective, ends_in_logits, weigh_classes
from graduate.training.optimizer import build_optimizer, learning_rate
from graduate.training.options import TrainingOptions
from graduate.training.state import TrainingState
from graduate.training.step import Augment, CompiledSteps
from graduate.training.strategy import is_chief

_CALL_SECONDS = 0.25
_TRAIN_ROWS = 4096  # of the training split, at most, are evaluated at the end


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training.

    Args:
        model: with the best weights where early stopping watched, else the last.
        metrics: train_loss, train_accuracy, eval_loss, eval_accuracy of these weights, by plain cross-entropy, without
            augmentation and dropout; of the training split at most 4096 rows. No eval_ ones without an eval split.
        history: see `TrainingState`.
        steps: done in all, those before a resume included.
        seconds: of this call, tracing included.
        steps_per_second: without the first call, which traces; 0.0 where nothing was left to do.
        stopped_early: whether patience ended it.
        resumed_from: the step of the checkpoint it went on from, or None.
    """

    model: keras.Model
    metrics: dict[str, float]
    history: list[dict[str, Any]]
    steps: int
    seconds: float
    steps_per_second: float
    stopped_early: bool
    resumed_from: int | None


def train(
    build: Callable[[], keras.Model],
    rows_train: Rows,
    rows_eval: Rows | None,
    options: TrainingOptions,
    *,
    strategy: tf.distribute.Strategy | None = None,
    augment: Augment | None = None,
    finalise: Callable[[Any], Any] | None = None,
    classes: Sequence[str] | None = None,
    checkpoints: str | None = None,
    callbacks: Sequence[Any] = (),
    on_progress: Callable[[dict[str, Any]], None] | None = None,
) -> TrainingResult:
    """Train what `build` makes, or go on from the newest checkpoint in `checkpoints`.

    Args:
        build: () -> model that ends in logits or in a softmax, (B, …) -> (B, K); called in the strategy's scope after all
            seeds are set.
        rows_train: the training split.
        rows_eval: the split for evaluations and early stopping, or None.
        strategy: from `resolve_strategy`; None is the default one.
        augment: f(inputs, labels (B,), seed (2,) int32) -> (inputs, labels (B,) or shares (B, K)); in the graph, on training
            batches only.
        finalise: f(inputs) -> inputs, e.g. normalisation; in the graph, on every batch.
        classes: names by index, for `class_weights`.
        checkpoints: a folder of this training's own, shared by all workers; None writes none.
        callbacks: objects with any of `begin(model=, optimizer=, steps=, step=)`, `inside_step(loss=, gradients=, clipped=,
            before=, after=)` (in the graph, every step; lists in the order of model.trainable_variables, gradients summed
            over replicas and unscaled, before and after clipping) and `after_steps(step)` (host, after each compiled call).
        on_progress: takes {step, steps, loss, accuracy, steps_per_second, seconds_left}, at most four times a second.

    Raises:
        UsageError: an option that does not fit the model, data or strategy.
    """
    strategy = strategy or tf.distribute.get_strategy()
    return _Training(build, rows_train, rows_eval, options, strategy, augment, finalise, classes, callbacks).run(
        checkpoints, callbacks, on_progress
    )


class _Training:
    """The parts of one training, made in order."""

    def __init__(
        self,
        build: Callable[[], keras.Model],
        rows_train: Rows,
        rows_eval: Rows | None,
        options: TrainingOptions,
        strategy: tf.distribute.Strategy,
        augment: Augment | None,
        finalise: Callable[[Any], Any] | None,
        classes: Sequence[str] | None,
        callbacks: Sequence[Any],
    ) -> None:
        self._began = time.perf_counter()
        self._options, self._strategy = options, strategy
        self._steps = options.resolved_steps(len(rows_train))
        self._eval_every = options.resolved_eval_every(len(rows_train))
        self._rate = learning_rate(options, self._steps)
        self._order = Order(rows_train, options.seed)
        self._feed = Feed(rows_train, self._order, options.batch_size, options.memory_limit)
        self._rows_train, self._rows_eval = rows_train, rows_eval
        self._eval_feed = self._evaluation(rows_eval) if rows_eval is not None else None
        self._model, self._optimizer = self._build(build, finalise)
        outputs = int(self._model.output_shape[-1])
        weights = weigh_classes(options.class_weights, np.asarray(rows_train.labels), outputs, classes)
        objective = Objective(ends_in_logits(self._model), options.label_smoothing, weights)
        inside = [callback.inside_step for callback in callbacks if hasattr(callback, "inside_step")]
        self._compiled = CompiledSteps(
            self._model, self._optimizer, strategy, options, objective, self._feed.specs(), augment, finalise, inside
        )
        self._state = TrainingState()

    def run(
        self, folder: str | None, callbacks: Sequence[Any], on_progress: Callable[[dict[str, Any]], None] | None
    ) -> TrainingResult:
        """Restore, train, restore the best, measure."""
        trained = Trained(self._model, self._optimizer)
        kept = Checkpoints(folder, trained, self._facts(), writes=is_chief(self._strategy)) if folder else None
        resumed = self._resume(kept)
        for callback in callbacks:
            if hasattr(callback, "begin"):
                callback.begin(model=self._model, optimizer=self._optimizer, steps=self._steps, step=self._state.step)
        pace = _Pace(self._options.steps_per_call, self._strategy)
        progress = _Progress(on_progress, self._steps)
        try:
            while self._state.step < self._steps and not self._state.stopped:
                self._call(pace, kept is not None)
                for callback in callbacks:
                    if hasattr(callback, "after_steps"):
                        callback.after_steps(self._state.step)
                progress.tell(self._state, self._options.batch_size, pace.rate)
                self._close_interval(kept)
        finally:
            self._feed.close()
            if kept is not None:
                kept.close()
        progress.tell(self._state, self._options.batch_size, pace.rate, last=True)
        return self._result(pace, resumed)

    def _build(
        self, build: Callable[[], keras.Model], finalise: Callable[[Any], Any] | None
    ) -> tuple[keras.Model, keras.optimizers.Optimizer]:
        options = self._options
        keras.utils.set_random_seed(options.seed)
        on_gpu = any("GPU" in device for device in self._strategy.extended.worker_devices)
        if options.deterministic or (options.deterministic is None and on_gpu):
            tf.config.experimental.enable_op_determinism()
        policy = keras.config.dtype_policy()
        with self._strategy.scope():
            keras.config.set_dtype_policy(options.precision)
            try:
                model = build()
                if not model.built:
                    rows, _ = self._rows_train.take(np.arange(1))
                    model(finalise(rows) if finalise else rows)
            finally:
                keras.config.set_dtype_policy(policy)
            optimizer = build_optimizer(options, self._steps)
            optimizer.build(model.trainable_variables)
        return model, optimizer

    def _evaluation(self, rows: Rows, most: int | None = None) -> EvaluationFeed:
        replicas = self._strategy.num_replicas_in_sync
        batch = min(len(rows), 4 * self._options.batch_size)
        return EvaluationFeed(rows, -(-batch // replicas) * replicas, self._options.memory_limit, most)

    def _facts(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to be of this training."""
        options = self._options.to_dict()
        for key in ("steps_per_call", "checkpoint_every", "memory_limit"):  # not in the numbers
            del options[key]
        return {
            "options": options,
            "steps": self._steps,
            "eval_every": self._eval_every,
            "replicas": self._strategy.num_replicas_in_sync,
            "rows": self._rows_train.digest(),
        }

    def _resume(self, kept: Checkpoints | None) -> int | None:
        restored = kept.restore() if kept is not None else None
        if restored is None:
            return None
        self._state = restored
        return restored.step

    def _call(self, pace: _Pace, checkpointing: bool) -> None:
        step = self._state.step
        count = self._next(step, pace, checkpointing)
        inputs = self._feed.call(step, count)
        self._feed.read_ahead(step + count, self._next(step + count, pace, checkpointing))
        started = time.perf_counter()
        losses, rights = self._compiled.run(*inputs, tf.constant(step))
        self._state.trained(losses.numpy(), rights.numpy())
        pace.took(count, time.perf_counter() - started)

    def _next(self, step: int, pace: _Pace, checkpointing: bool) -> int:
        """How many steps the call after `step` takes: never across an evaluation or a checkpoint."""
        stops = [self._steps - step, self._eval_every - step % self._eval_every]
        if checkpointing:
            every = self._options.checkpoint_every
            stops.append(every - step % every)
        return max(0, min(*stops, pace.count(), self._feed.limit()))

    def _close_interval(self, kept: Checkpoints | None) -> None:
        """Evaluate and write a checkpoint where one of the two is due."""
        state, options = self._state, self._options
        last = state.step == self._steps
        if last or state.step % self._eval_every == 0:
            metrics = self._measure(self._eval_feed) if self._eval_feed is not None else {}
            rate = self._rate if isinstance(self._rate, float) else float(self._rate(state.step - 1))
            state.evaluated(options.batch_size, rate, metrics)
            if options.early_stopping and metrics and state.judge(options.early_stopping, metrics):
                state.best_weights = [np.array(variable) for variable in self._model.weights]
        if kept is not None and (last or state.stopped or state.step % options.checkpoint_every == 0):
            kept.save(state)

    def _measure(self, feed: EvaluationFeed) -> dict[str, float]:
        loss = right = 0.0
        for inputs in feed.calls():
            more, also = self._compiled.evaluate(*inputs)
            loss, right = loss + float(more), right + float(also)
        return {"loss": loss / feed.rows, "accuracy": right / feed.rows}

    def _result(self, pace: _Pace, resumed: int | None) -> TrainingResult:
        state = self._state
        shown = state.history[-1]
        if state.best_weights:
            self._model.set_weights(state.best_weights)
            shown = next(row for row in state.history if row["step"] == state.best_step)
        found = self._measure(self._evaluation(self._rows_train, _TRAIN_ROWS))
        metrics = {"train_loss": found["loss"], "train_accuracy": found["accuracy"]}
        if self._eval_feed is not None:
            metrics |= {key: shown[key] for key in ("eval_loss", "eval_accuracy")}
        return TrainingResult(
            self._model,
            metrics,
            state.history,
            state.step,
            time.perf_counter() - self._began,
            pace.steady,
            state.stopped,
            resumed,
        )


class _Pace:
    """How many steps a call takes: about a quarter of a second's, so that progress shows and Ctrl-C is heard."""

    def __init__(self, fixed: int | None, strategy: tf.distribute.Strategy) -> None:
        alone = is_chief(strategy) and "MultiWorker" not in type(strategy).__name__
        self._fixed = fixed or (None if alone else 32)  # workers must agree on it
        self._calls, self._steps, self._seconds = 0, 0, 0.0
        self.rate: float | None = None

    def count(self) -> int:
        if self._fixed:
            return self._fixed
        if self.rate is None:
            return 1 if not self._calls else 4
        return max(1, int(self.rate * _CALL_SECONDS))

    def took(self, steps: int, seconds: float) -> None:
        """Take note of a call; the first one traces and does not count."""
        self._calls += 1
        if self._calls > 1:
            self.rate = steps / max(seconds, 1e-9)
            self._steps, self._seconds = self._steps + steps, self._seconds + seconds

    @property
    def steady(self) -> float:
        """Steps a second without the first call."""
        return self._steps / self._seconds if self._seconds else 0.0


class _Progress:
    """Tells how far a training is, at most four times a second."""

    def __init__(self, tell: Callable[[dict[str, Any]], None] | None, steps: int) -> None:
        self._tell, self._steps, self._next = tell, steps, 0.0

    def tell(self, state: TrainingState, batch: int, rate: float | None, last: bool = False) -> None:
        now = time.perf_counter()
        if self._tell is None or (now < self._next and not last):
            return
        self._next = now + 0.25
        loss, accuracy = state.means(batch)
        if loss is None and state.history:
            loss, accuracy = state.history[-1]["loss"], state.history[-1]["accuracy"]
        left = (self._steps - state.step) / rate if rate and not state.stopped else None
        self._tell(
            {
                "step": state.step,
                "steps": self._steps,
                "loss": loss,
                "accuracy": accuracy,
                "steps_per_second": rate,
                "seconds_left": left,
            }
        )
