"""The compiled part of training: several optimizer steps, or an evaluation, in one call, under any strategy.

Both functions take the data as an argument: all of it with the indices of each batch, or, where it does not fit
memory, just the rows of this call. Every replica takes its share of each batch by its number, so no distributed data
set is needed. The number of steps of a call is a tensor: a last, shorter call is not traced again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from graduate.errors import UsageError
from graduate.training.hooks import Hooks
from graduate.training.objective import kernels
from graduate.training.optimizer import inner, without_own_reduction
from graduate.training.options import TrainingOptions
from graduate.training.strategy import worker_count
from graduate.training.targets import Aim

Augment = Callable[[Any, tf.Tensor, tf.Tensor], tuple[Any, tf.Tensor]]


class CompiledSteps:
    """`run` and `evaluate` of one model under one strategy.

    Args:
        rows: the specs of inputs (a structure of them) and labels, any number of rows.
        augment: f(inputs, labels, seed) of training batches, or None.
        finalise: f(inputs), what every batch goes through before the model, or None.
        hooks: what the callbacks want to see inside the step.

    Raises:
        UsageError: the batch cannot be shared out evenly.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        strategy: tf.distribute.Strategy,
        options: TrainingOptions,
        objective: Aim,
        rows: tuple[Any, Any],
        augment: Augment | None = None,
        finalise: Callable[[Any], Any] | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._model, self._strategy, self._options = model, strategy, options
        self._replicas = strategy.num_replicas_in_sync
        self._waits = worker_count(strategy) > 1
        self._optimizer = without_own_reduction(optimizer) if self._replicas > 1 else optimizer
        self._objective, self._augment, self._hooks = objective, augment, hooks or Hooks(())
        self._wants = self._hooks.wants
        self._finalise = finalise or (lambda inputs: inputs)
        self._variables = list(model.trainable_variables)
        self._unconnected: set[int] = set()  # variables the loss does not depend on: found when the step is traced
        parts = self._replicas * options.accumulate
        if options.batch_size % parts:
            raise UsageError(
                f"batch_size {options.batch_size} cannot be shared out over {self._replicas} replicas"
                + (f" × {options.accumulate} micro-batches" if options.accumulate > 1 else ""),
                hint=f"a multiple of {parts}, e.g. {max(1, round(options.batch_size / parts)) * parts}",
                where="training.batch_size",
            )
        self._differentiate = (
            tf.function(self._forward_and_back, jit_compile=True) if options.xla else self._forward_and_back
        )
        spec = tf.TensorSpec
        index = spec([None, options.batch_size], tf.int64)
        self.run = tf.function(self._run, [*rows, index, spec([], tf.int32)], autograph=False)
        index, weights = spec([None, None], tf.int64), spec([None, None], tf.float32)
        self.evaluate = tf.function(self._evaluate, [*rows, index, weights], autograph=False)

    def _run(
        self, data: Any, labels: tf.Tensor, index: tf.Tensor, first: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Train on the batches `index` (steps, B) of rows of `data`; `first` is the number of steps done before.

        Returns:
            The mean loss, the sum of the rows' metric and the seconds waited for other workers of each step, float32
            (steps,) each.
        """
        steps = tf.shape(index)[0]

        def step(i: tf.Tensor, *told: tf.TensorArray) -> tuple[Any, ...]:
            with tf.device("CPU:0"):
                batch, wanted = _gather(data, index[i]), tf.gather(labels, index[i])
            *values, seen = self._local(self._strategy.run(self._replica_step, (batch, wanted, first + i)))
            if self._hooks:
                self._show(seen, first + i)
            return i + 1, *(array.write(i, value) for array, value in zip(told, values, strict=True))

        arrays = [tf.TensorArray(tf.float32, steps, element_shape=[]) for _ in range(3)]
        _, *told = tf.while_loop(lambda i, *_: i < steps, step, (tf.constant(0), *arrays), parallel_iterations=1)
        losses, rights, waited = (array.stack() for array in told)
        return losses, rights, waited

    def _evaluate(
        self, data: Any, labels: tf.Tensor, index: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Sums of plain loss and metric over the batches `index` (n, b), rows weighted by `weights`."""

        def batch(i: tf.Tensor, loss: tf.Tensor, correct: tf.Tensor) -> tuple[tf.Tensor, ...]:
            with tf.device("CPU:0"):
                rows, wanted = _gather(data, index[i]), tf.gather(labels, index[i])
            more, also = self._local(self._strategy.run(self._replica_evaluate, (rows, wanted, weights[i])))
            return i + 1, loss + more, correct + also

        _, loss, correct = tf.while_loop(
            lambda i, *_: i < tf.shape(index)[0],
            batch,
            (tf.constant(0), tf.constant(0.0), tf.constant(0.0)),
            parallel_iterations=1,
        )
        return loss, correct

    def _replica_evaluate(self, inputs: Any, labels: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        inputs, labels, weights = (self._share(part) for part in (inputs, labels, weights))
        outputs = self._model(self._finalise(inputs), training=False)
        sums = [
            tf.reduce_sum(self._objective.plain(labels, outputs) * weights),
            tf.reduce_sum(self._objective.score(labels, outputs) * weights),
        ]
        return tuple(self._sum_over_replicas(sums))

    def _replica_step(
        self, inputs: Any, labels: tf.Tensor, step: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Any]:
        """One optimizer step: (loss, right answers, seconds waited, what callbacks see), on every replica.

        All but the wait is the same on each.
        """
        gradients, loss, correct = self._micro_batches(self._share(inputs), self._share(labels), self._seed(step))
        ready = _moment([*gradients, loss, correct]) if self._waits else None
        *gradients, loss, correct = self._sum_over_replicas([*gradients, loss, correct])
        waited = tf.constant(0.0) if ready is None else tf.cast(_moment([*gradients, loss]) - ready, tf.float32)
        scale = self._scale()
        if scale is not None:
            gradients = [gradient / scale for gradient in gradients]
        gradients = self._penalise(gradients)
        clipped = self._clip(gradients)
        if scale is not None:
            clipped = _unless_finite(gradients, clipped)
        seen = {"loss": loss, "gradients": gradients, "clipped": clipped}
        if "before" in self._wants:
            seen["before"] = [tf.identity(variable.value) for variable in self._variables]
        if "learning_rate" in self._wants:
            seen["learning_rate"] = tf.convert_to_tensor(inner(self._optimizer).learning_rate)
        # a LossScaleOptimizer divides by the scale itself, and must see what is not finite
        self._optimizer.apply(clipped if scale is None else [g * scale for g in clipped], self._variables)
        return loss, correct, waited, {name: value for name, value in seen.items() if name in self._wants}

    def _show(self, seen: dict[str, Any], done: tf.Tensor) -> None:
        """Call the callbacks, outside the replicas, with what the first local replica saw."""
        if "after" in self._wants:
            seen["after"] = [tf.convert_to_tensor(variable) for variable in self._variables]
        if "step" in self._wants:
            seen["step"] = tf.cast(done + 1, tf.int64)
        for name in {"gradients", "clipped"} & self._wants:
            seen[name] = [None if i in self._unconnected else part for i, part in enumerate(seen[name])]
        self._hooks.inside_step(seen)

    def _micro_batches(self, inputs: Any, labels: tf.Tensor, seed: Any) -> tuple[list[Any], tf.Tensor, tf.Tensor]:
        """The sums of gradients, loss and right answers over this replica's micro-batches."""
        parts = self._options.accumulate
        if parts == 1:
            return self._micro_batch(inputs, labels, seed)

        def add(i: tf.Tensor, gradients: list[Any], loss: tf.Tensor, correct: tf.Tensor) -> tuple[Any, ...]:
            own = None if seed is None else tf.random.experimental.stateless_fold_in(seed, i)
            more, also, yet = self._micro_batch(_part(inputs, i, parts), _part(labels, i, parts), own)
            return i + 1, [a + b for a, b in zip(gradients, more, strict=True)], loss + also, correct + yet

        zeros = [tf.zeros(variable.shape, tf.float32) for variable in self._variables]
        start = (tf.constant(0), zeros, tf.constant(0.0), tf.constant(0.0))
        return tf.while_loop(lambda i, *_: i < parts, add, start, parallel_iterations=1)[1:]

    def _micro_batch(self, inputs: Any, labels: tf.Tensor, seed: Any) -> tuple[list[Any], tf.Tensor, tf.Tensor]:
        hard = labels
        if self._augment is not None:
            inputs, labels = self._augment(inputs, labels, seed)
        gradients, loss, outputs = self._differentiate(self._finalise(inputs), labels)
        return gradients, loss, tf.reduce_sum(self._objective.score(hard, outputs))

    def _forward_and_back(self, inputs: Any, labels: tf.Tensor) -> tuple[list[Any], tf.Tensor, tf.Tensor]:
        """Gradients of this part's share of the global batch's mean loss, that share, and the outputs."""
        with tf.GradientTape() as tape:
            outputs = self._model(inputs, training=True)
            loss = tf.reduce_sum(self._objective(labels, outputs)) / self._options.batch_size
            minimised = loss
            for penalty in self._model.losses:  # regularisers that the model brings itself
                minimised += tf.cast(penalty, tf.float32) / (self._replicas * self._options.accumulate)
            scale = self._scale()
            minimised = minimised if scale is None else minimised * scale
        gradients = tape.gradient(minimised, [variable.value for variable in self._variables])
        for i, (gradient, variable) in enumerate(zip(gradients, self._variables, strict=True)):
            if gradient is None:
                self._unconnected.add(i)
                gradients[i] = tf.zeros(variable.shape, variable.dtype)
        if self._options.accumulate > 1 or self._options.l2 or self._hooks:
            gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        return gradients, loss, outputs

    def _scale(self) -> tf.Tensor | None:
        """By what the loss is scaled under mixed_float16; None where it is not."""
        scale = getattr(self._optimizer, "dynamic_scale", None)
        return None if scale is None else tf.convert_to_tensor(scale)

    def _penalise(self, gradients: list[Any]) -> list[Any]:
        """Add the gradient of l2 * sum(w ** 2) over the kernels."""
        if not self._options.l2:
            return gradients
        penalised = set(kernels(self._variables))
        return [
            gradient + 2.0 * self._options.l2 * variable.value if i in penalised else gradient
            for i, (gradient, variable) in enumerate(zip(gradients, self._variables, strict=True))
        ]

    def _clip(self, gradients: list[Any]) -> list[Any]:
        if self._options.clip_value:
            limit = self._options.clip_value
            gradients = [tf.clip_by_value(gradient, -limit, limit) for gradient in gradients]
        if self._options.clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self._options.clip_norm)
        return gradients

    def _seed(self, step: tf.Tensor) -> tf.Tensor | None:
        """int32 (2,): of this step and this replica; the same whatever the length of a call."""
        if self._augment is None:
            return None
        seed = tf.random.experimental.stateless_fold_in([self._options.seed & 0x7FFFFFFF, 0x6772], step)
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.random.experimental.stateless_fold_in(seed, number) if self._replicas > 1 else seed

    def _share(self, batch: Any) -> Any:
        if self._replicas == 1:
            return batch
        return _part(batch, tf.distribute.get_replica_context().replica_id_in_sync_group, self._replicas)

    def _sum_over_replicas(self, values: list[Any]) -> list[Any]:
        if self._replicas == 1:
            return values
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)

    def _local(self, results: Any) -> Any:
        """What the first local replica gave."""
        return tf.nest.map_structure(
            lambda result: self._strategy.experimental_local_results(result)[0], results, expand_composites=False
        )


def _unless_finite(gradients: list[Any], clipped: list[Any]) -> list[Any]:
    """All NaN if a gradient is not finite: clipping would hide from loss scaling that the step must be skipped."""
    finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(tf.convert_to_tensor(part))) for part in gradients])
    return [tf.where(finite, part, float("nan")) for part in clipped]


def _moment(values: list[Any]) -> tf.Tensor:
    """The time, in seconds, once `values` are computed: a GPU's too, by a copy of one that waits behind all of them."""
    with tf.control_dependencies(tf.nest.flatten(values, expand_composites=True)):
        last = tf.identity(values[-1])
    with tf.device("CPU:0"), tf.control_dependencies([tf.identity(last)]):
        return tf.timestamp()


def _gather(data: Any, rows: tf.Tensor) -> Any:
    return tf.nest.map_structure(lambda part: tf.gather(part, rows), data)


def _part(batch: Any, number: Any, parts: int) -> Any:
    """The slice `number` of `parts` equal ones along the first axis."""

    def take(whole: tf.Tensor) -> tf.Tensor:
        size = (whole.shape[0] or tf.shape(whole)[0]) // parts
        return whole[number * size : (number + 1) * size]

    return tf.nest.map_structure(take, batch)
