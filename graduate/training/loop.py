"""One training loop for every strategy: compiled, several steps a call; it goes on where it was interrupted.

strategy, sentence = resolve_strategy("auto")
result = train(build, rows_train, rows_eval, TrainingOptions(steps=600), strategy=strategy)
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.errors import UsageError, UserError
from graduate.training import course, surgery
from graduate.training.checkpoint import Checkpoints, Trained
from graduate.training.cluster import from_chief
from graduate.training.crew import Crew
from graduate.training.feed import EvaluationFeed, Feed
from graduate.training.hooks import Hooks
from graduate.training.input import Order, Rows
from graduate.training.objective import weigh_classes
from graduate.training.optimizer import build_optimizer, learning_rate, set_rate
from graduate.training.options import TrainingOptions
from graduate.training.pace import Pace, Progress
from graduate.training.state import TrainingState
from graduate.training.step import Augment, CompiledSteps
from graduate.training.strategy import is_chief, resolve_strategy, worker_count
from graduate.training.targets import Target, aim
from graduate.training.treatment import Treatment

_FIXED_STEPS = 32  # a call's, where its length must not depend on the clock
_TRAIN_ROWS = 4096  # of the training split, at most, are evaluated at the end; inputs are scaled by as many


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training.

    Args:
        model: with the best weights where early stopping watched, else the last.
        metrics: train_loss, train_accuracy, eval_loss, eval_accuracy of these weights, by the plain loss, without
            augmentation and dropout; of the training split at most 4096 rows. No eval_ ones without an eval split.
        history: see `TrainingState`.
        steps: done in all, those before a resume included.
        seconds: of this call, tracing included.
        steps_per_second: without the first call, which traces; 0.0 where nothing was left to do.
        stopped_early: whether patience ended it.
        resumed_from: the step of the checkpoint it went on from, or None.
        pace: what a step took and what was done beside the steps: the fact `pace` of docs/facts.md.
        workers: of several, what each one's part of a step took; see `graduate.training.crew`.
    """

    model: keras.Model
    metrics: dict[str, float]
    history: list[dict[str, Any]]
    steps: int
    seconds: float
    steps_per_second: float
    stopped_early: bool
    resumed_from: int | None
    pace: dict[str, Any] = field(default_factory=dict)
    workers: list[dict[str, Any]] = field(default_factory=list)


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
    target: Target = "class",
) -> TrainingResult:
    """Train what `build` makes, or go on from the newest checkpoint in `checkpoints`.

    Args:
        build: () -> model that ends in logits or in a softmax, (B, …) -> (B, K); called in the strategy's scope after
            all seeds are set.
        rows_train: the training split.
        rows_eval: the split for evaluations and early stopping, or None.
        strategy: from `resolve_strategy`; None is `auto`'s.
        augment: f(inputs, labels (B,), seed (2,) int32) -> (inputs, labels (B,) or shares (B, K)); in the graph, on
            training batches only.
        finalise: f(inputs) -> inputs, e.g. normalisation; in the graph, on every batch.
        classes: names by index, for `class_weights`.
        checkpoints: a folder of this training's own; None writes none. Of several workers only the chief's is used.
        callbacks: see `graduate.training.hooks`.
        on_progress: takes {step, steps, loss, accuracy or mae, steps_per_second, seconds_left}, at most four times a
            second.
        target: what a label is: a class, several labels (N, K) of 0 and 1, or numbers (N,) or (N, K).

    Raises:
        UsageError: an option that does not fit the model, data or strategy.
    """
    strategy = strategy or resolve_strategy("auto")[0]

    def make(treatment: Treatment) -> Training:
        given = build, rows_train, rows_eval, options, strategy, augment, finalise, classes, callbacks, target
        return Training(*given, treatment)

    return course.run(make, strategy, callbacks, checkpoints, on_progress)


class Training:
    """The parts of one training, made in order. Callbacks get it at `start`.

    Attributes: model, optimizer, strategy, options, steps (of the whole training), state (see `TrainingState`),
    treatment (what cures changed), given (the options before these), objective (what is minimised),
    trained (its variables), folder (of its checkpoints, or None), again (whether it goes on after a cure).
    """

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
        target: Target = "class",
        treatment: Treatment | None = None,
    ) -> None:
        self._began = time.perf_counter()
        self.treatment = treatment or Treatment()
        self.given, options = options, self.treatment.applied(options)
        if options.early_stopping is not None and rows_eval is None:
            raise UsageError("early stopping needs an eval split", where="training.early_stopping")
        self.options, self.strategy = options, strategy
        self.steps = options.resolved_steps(len(rows_train))
        self._eval_every = options.resolved_eval_every(len(rows_train))
        self._rate = learning_rate(options, self.steps)
        self._order = Order(rows_train, options.seed, self.treatment.finite_rows)
        skipped = self.treatment.skipped
        self._feed = Feed(rows_train, self._order, options.batch_size, options.memory_limit, skipped)
        self.rows_train, self.rows_eval, self.finalise = rows_train, rows_eval, finalise or (lambda inputs: inputs)
        self._eval_feed = self._evaluation(rows_eval) if rows_eval is not None else None
        self.model, self.optimizer = self._build(build)
        self.target = target
        weights = None
        if target == "class":
            weights = weigh_classes(options.class_weights, np.asarray(rows_train.labels), classes)
        self.objective = aim(target, self.model, options.label_smoothing, weights)
        self.from_logits = self.objective.from_logits
        self._hooks = Hooks(callbacks)
        self._compiled = CompiledSteps(
            self.model,
            self.optimizer,
            strategy,
            options,
            self.objective,
            self._feed.specs(),
            augment,
            finalise,
            self._hooks,
        )
        self.state = TrainingState(metric=self.objective.metric)
        self.folder: str | None = None
        self.again = False
        self._kept: Checkpoints | None = None
        self._crew = Crew(strategy) if worker_count(strategy) > 1 else None
        self._resumed: int | None = None

    def open(self, folder: str | None, origin: course.Origin | None = None, again: bool = False) -> None:
        """Restore the newest checkpoint in `folder`; where there is none, begin at `origin`, and keep that there."""
        with self.strategy.scope():
            self.trained = Trained(self.strategy, self.model, self.optimizer)
        self.folder, self.again = folder, again
        if folder is not None:
            self._kept = Checkpoints(folder, self.trained, self._facts(), writes=is_chief(self.strategy))
        self._resumed = self._resume()
        if self._resumed is None and origin is not None:
            self.state = origin(self)
            self._hooks.restore(self.state.callbacks)
            set_rate(self.optimizer, self._rate)
            if self._kept is not None:
                self._kept.save(self.state)
                self._kept.flush()

    def run(self, on_progress: Callable[[dict[str, Any]], None] | None) -> TrainingResult:
        """Train, restore the best, measure."""
        kept = self._kept
        pace = Pace(self.options.steps_per_call or (_FIXED_STEPS if self._clockless() else None))
        progress = Progress(on_progress, self.steps)
        try:
            self._hooks.start(self)
            while self.state.step < self.steps and not self.state.stopped:
                self._call(pace, kept is not None)
                with pace.part("looks"):
                    self.state.stopped = self._hooks.after_steps(self.state.step)
                    if self._crew is not None and (slow := self._crew.compare(self.state.step)) is not None:
                        self._hooks.slow_worker(slow)
                progress.tell(self.state, self.options.batch_size, pace.rate)
                with pace.part("validation"):
                    self._close_interval(kept)
                with pace.part("looks"):
                    asked = not self.state.stopped and self._hooks.between_calls(self.state.step)
                if asked:
                    self.state.stopped = True
                    self._close_interval(kept)
            progress.tell(self.state, self.options.batch_size, pace.rate, last=True)
            result = self._result(pace, self._resumed)
            self._hooks.finish(result)
            return result
        finally:
            self._feed.close()
            if kept is not None:
                kept.close()

    def position(self) -> TrainingState:
        """All of the state, what callbacks keep included."""
        self.state.callbacks = self._hooks.state()
        return self.state

    def fed(self, count: int) -> np.ndarray:
        """int64 (n,): the first rows, at most `count`, in the order in which they are trained on."""
        return self._order.slice(0, min(len(self._order), count))

    def network_rows(self) -> Any:
        """Some training rows as they go into the network."""
        return self.finalise(self.rows_train.take(np.sort(self.fed(_TRAIN_ROWS)))[0])

    def _build(self, build: Callable[[], keras.Model]) -> tuple[keras.Model, keras.optimizers.Optimizer]:
        options = self.options
        keras.utils.set_random_seed(options.seed)
        on_gpu = any("GPU" in device for device in self.strategy.extended.worker_devices)
        if options.deterministic or (options.deterministic is None and on_gpu):
            tf.config.experimental.enable_op_determinism()
        policy = keras.config.dtype_policy()
        with self.strategy.scope():
            keras.config.set_dtype_policy(options.precision)
            try:
                model = build()
                if not model.built:
                    model(self.finalise(self.rows_train.take(np.arange(1))[0]))
                model, _ = surgery.changed(model, self.treatment.network, self.network_rows)
            finally:
                keras.config.set_dtype_policy(policy)
            optimizer = build_optimizer(options, self.steps)
            optimizer.build(model.trainable_variables)
        return model, optimizer

    def _evaluation(self, rows: Rows, most: int | None = None) -> EvaluationFeed:
        replicas = self.strategy.num_replicas_in_sync
        batch = min(len(rows), 4 * self.options.batch_size)
        return EvaluationFeed(rows, -(-batch // replicas) * replicas, self.options.memory_limit, most)

    def _facts(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to be of this training."""
        options = self.options.to_dict()
        for key in ("steps_per_call", "checkpoint_every", "memory_limit"):  # not in the numbers
            del options[key]
        treated = {"treatment": self.treatment.to_json()} if self.treatment.cures else {}
        return treated | {
            "options": options,
            "steps": self.steps,
            "eval_every": self._eval_every,
            "replicas": self.strategy.num_replicas_in_sync,
            "rows": self.rows_train.digest(),
        }

    def _resume(self) -> int | None:
        kept = self._kept
        if kept is None:
            return None
        several = worker_count(self.strategy) > 1
        restored = kept.restore(functools.partial(from_chief, self.strategy) if several else None)
        self._agree(restored.step if restored is not None else 0)
        if restored is None:
            return None
        self.state = restored
        self._hooks.restore(restored.callbacks)
        return restored.step

    def _agree(self, step: int) -> None:
        """All workers must go on from one step."""
        replicas = self.strategy.num_replicas_in_sync
        if worker_count(self.strategy) == 1:
            return

        def add() -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(step, tf.float32))

        total = tf.function(lambda: self.strategy.run(add), autograph=False)()
        if int(self.strategy.experimental_local_results(total)[0]) != step * replicas:
            raise UserError(
                f"this worker would go on from step {step}, others from another one",
                hint="all workers need the same config, data and versions, or the chief's checkpoint is not theirs",
            )

    def _clockless(self) -> bool:
        """Workers must make calls of the same length; rows read ahead must be those of the next call."""
        return worker_count(self.strategy) > 1 or self._feed.streams

    def _call(self, pace: Pace, checkpointing: bool) -> None:
        step = self.state.step
        count = self._next(step, pace, checkpointing)
        began = time.perf_counter()
        with pace.part("input"):
            inputs = self._feed.call(step, count)
        read = time.perf_counter() - began
        self._feed.read_ahead(step + count, self._next(step + count, pace, checkpointing))
        started = time.perf_counter()
        losses, rights, waited = self._compiled.run(*inputs, tf.constant(step))
        self.state.trained(losses.numpy(), rights.numpy())
        seconds = time.perf_counter() - started
        pace.took(count, seconds)
        if self._crew is not None:
            self._crew.took(count, seconds + read, float(waited.numpy().sum()))

    def _next(self, step: int, pace: Pace, checkpointing: bool) -> int:
        """How many steps the call after `step` takes: never across an evaluation or a checkpoint."""
        stops = [self.steps - step, self._eval_every - step % self._eval_every]
        if (stop := self._hooks.next_stop(step)) is not None:
            stops.append(stop - step)
        if checkpointing:
            every = self.options.checkpoint_every
            stops.append(every - step % every)
        return max(0, min(*stops, pace.count(), self._feed.limit()))

    def _close_interval(self, kept: Checkpoints | None) -> None:
        """Evaluate and write a checkpoint where one of the two is due."""
        state, options = self.state, self.options
        last = state.stopped or state.step == self.steps
        measured = bool(state.history) and state.history[-1]["step"] == state.step
        if not measured and (last or state.step % self._eval_every == 0):
            metrics = self._measure(self._eval_feed) if self._eval_feed is not None else {}
            rate = float(self._rate(state.step - 1) if callable(self._rate) else self._rate)
            state.evaluated(options.batch_size, rate, metrics)
            if options.early_stopping and metrics and state.judge(options.early_stopping, metrics):
                state.best_weights = [np.array(variable) for variable in self.model.weights]
        if kept is not None and (last or state.stopped or state.step % options.checkpoint_every == 0):
            kept.save(self.position())

    def _measure(self, feed: EvaluationFeed) -> dict[str, float]:
        loss = right = 0.0
        for inputs in feed.calls():
            more, also = self._compiled.evaluate(*inputs)
            loss, right = loss + float(more), right + float(also)
        return {"loss": loss / len(feed), self.objective.metric: right / len(feed)}

    def _result(self, pace: Pace, resumed: int | None) -> TrainingResult:
        state = self.state
        shown = state.history[-1]
        if state.best_weights:
            self.model.set_weights(state.best_weights)
            shown = next(row for row in state.history if row["step"] == state.best_step)
        found = self._measure(self._evaluation(self.rows_train, _TRAIN_ROWS))
        metrics = {f"train_{name}": value for name, value in found.items()}
        if self._eval_feed is not None:
            metrics |= {key: shown[key] for key in ("eval_loss", f"eval_{self.objective.metric}")}
        return TrainingResult(
            self.model,
            metrics,
            state.history,
            state.step,
            time.perf_counter() - self._began,
            pace.steady,
            state.stopped,
            resumed,
            {**pace.told(), "input": {"kind": "file" if self._feed.streams else "arrays", "python": False}},
            self._crew.told() if self._crew is not None else [],
        )
