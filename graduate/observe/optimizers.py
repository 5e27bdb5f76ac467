"""Patches of Keras' optimizers: every update of every program passes through `BaseOptimizer.apply`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from graduate.observe.guard import Guard, Patches
from graduate.observe.ring import own_variable
from graduate.observe.row import apart


class Update:
    """An update under way: what passes between the gradients and the weights."""

    def __init__(self, optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
        self.optimizer, self.gradients, self.variables = optimizer, gradients, variables
        self.reduced: list[Any] | None = None
        self.clips = False
        self.accumulates = bool(getattr(optimizer, "gradient_accumulation_steps", None))
        self._kept: dict[str, Any] = {}

    def keep(self, name: str, value: Any, scratch: Callable[[str], Any]) -> None:
        """Keep a scalar; one of an inner graph (a branch) can only be read through a variable."""
        if isinstance(value, tf.Tensor) and not reachable(value):
            return
        if not tf.executing_eagerly() and getattr(self, "graph", None) is not tf.compat.v1.get_default_graph():
            holder = scratch(name)
            holder.assign(tf.cast(tf.convert_to_tensor(value), tf.float32))
            value = holder
        self._kept[name] = value

    def kept(self, name: str) -> Any:
        """What was kept, or None."""
        value = self._kept.get(name)
        return None if value is None else tf.convert_to_tensor(value)


class OptimizerPatches:
    """Sees updates begin and end.

    Args:
        guard: of the observer.
        begun: called with an `Update` before it.
        ended: called with it afterwards.
    """

    def __init__(self, guard: Guard, begun: Callable[[Update], None], ended: Callable[[Update], None]) -> None:
        self._guard, self._begun, self._ended = guard, begun, ended
        self._threads = threading.local()
        self._scratch: dict[str, Any] = {}
        self._scaled: list[tuple[Any, Any]] = []

    def install(self, patches: Patches) -> None:
        """Into Keras' classes."""
        from keras.src.optimizers import loss_scale_optimizer
        from keras.src.optimizers.base_optimizer import BaseOptimizer
        from keras.src.optimizers.optimizer import Optimizer

        patches.wrap(BaseOptimizer, "apply", self._apply)
        patches.wrap(BaseOptimizer, "_clip_gradients", self._clip)
        patches.wrap(BaseOptimizer, "_get_current_learning_rate", self._rate)
        patches.wrap(BaseOptimizer, "scale_loss", self._scale)
        patches.wrap(loss_scale_optimizer.LossScaleOptimizer, "scale_loss", self._scale)
        for owner in Optimizer.__mro__:
            if "_all_reduce_sum_gradients" in owner.__dict__:
                patches.wrap(owner, "_all_reduce_sum_gradients", self._reduce)
                break

    def unscaled(self, target: Any) -> Any:
        """The loss behind one that was scaled for float16."""
        for scaled, loss in reversed(self._scaled):
            if scaled is target:
                return loss
        return target

    def _apply(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def apply(optimizer: Any, grads: Any, trainable_variables: Any = None) -> Any:
            if self._guard.busy or hasattr(optimizer, "inner_optimizer"):
                return original(optimizer, grads, trainable_variables)
            grads = list(grads) if isinstance(grads, tuple | list) else grads
            if trainable_variables is not None:
                trainable_variables = list(trainable_variables)
            update = self._guard.run(self._begin, optimizer, grads, trainable_variables)
            stack = self._stack()
            stack.append(update)
            try:
                result = original(optimizer, grads, trainable_variables)
            finally:
                stack.pop()
            if update is not None:
                self._guard.run(self._ended, update)
            return result

        return apply

    def _begin(self, optimizer: Any, grads: Any, variables: Any) -> Update | None:
        known = variables if variables is not None else getattr(optimizer, "_trainable_variables", [])
        pairs = [(_local(gradient), v) for gradient, v in zip(list(grads), list(known), strict=False)]
        if not pairs or not _first_replica():
            return None
        scale = getattr(optimizer, "loss_scale_factor", None)
        gradients = [g if g is None or scale is None else g / scale for g, _ in pairs]
        update = Update(optimizer, gradients, [v for _, v in pairs])
        update.graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()  # type: ignore[attr-defined]
        self._begun(update)
        return update

    def _clip(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def clip(optimizer: Any, grads: Any) -> Any:
            clipped = original(optimizer, grads)
            update = self._current(optimizer)
            if update is not None and clipped is not grads:
                self._guard.run(self._clipped, update, clipped)
            return clipped

        return clip

    def _clipped(self, update: Update, clipped: Any) -> None:
        update.clips = True
        found = [tf.cast(apart(tf.convert_to_tensor(_local(one))), tf.float32) for one in clipped if one is not None]
        update.keep("clipped", tf.linalg.global_norm(found), self._scratch_of)

    def _rate(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def rate(optimizer: Any) -> Any:
            found = original(optimizer)
            update = self._current(optimizer)
            if update is not None:
                self._guard.run(update.keep, "rate", found, self._scratch_of)
            return found

        return rate

    def _scale(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def scale_loss(optimizer: Any, loss: Any) -> Any:
            scaled = original(optimizer, loss)
            if scaled is not loss:
                self._scaled = [*self._scaled[-7:], (scaled, loss)]
            return scaled

        return scale_loss

    def _reduce(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def all_reduce(optimizer: Any, grads_and_vars: Any) -> Any:
            pairs = list(grads_and_vars)
            reduced = original(optimizer, pairs)
            update = self._current(optimizer)
            if update is not None and not update.clips and not update.accumulates and reduced is not pairs:
                replicas = tf.distribute.get_strategy().num_replicas_in_sync
                if replicas > 1:
                    by_key = {id(v): g for g, v in reduced}
                    update.reduced = [by_key.get(id(getattr(v, "value", v))) for v in update.variables]
            return reduced

        return all_reduce

    def _current(self, optimizer: Any) -> Update | None:
        stack = self._stack()
        return stack[-1] if stack and stack[-1] is not None and stack[-1].optimizer is optimizer else None

    def _stack(self) -> list[Update | None]:
        if not hasattr(self._threads, "stack"):
            self._threads.stack = []
        return self._threads.stack

    def _scratch_of(self, name: str) -> Any:
        if name not in self._scratch:
            self._scratch[name] = own_variable(float("nan"))
        return self._scratch[name]


def reachable(tensor: Any) -> bool:
    """Whether the graph that is being built, or eager code, can use the tensor."""
    owner = getattr(tensor, "graph", None) if not hasattr(tensor, "numpy") else None
    if owner is None:
        return True
    graph: Any = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while graph is not None:
        if graph is owner:
            return True
        graph = getattr(graph, "outer_graph", None)
    return False


def whole_batch(loss: Any) -> Any:
    """A replica's share of the loss, which is divided by the number of replicas, as that of the whole batch."""
    if tf.distribute.get_replica_context() is None or not tf.distribute.has_strategy():
        return loss
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return loss * replicas if replicas > 1 else loss


def _local(value: Any) -> Any:
    """Of a value on several replicas the first one's."""
    values = getattr(value, "values", None)
    if isinstance(value, tf.distribute.DistributedValues) and values:
        return values[0]
    return value


def _first_replica() -> bool:
    context = tf.distribute.get_replica_context()
    if context is None or tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return True
    replica = tf.get_static_value(tf.convert_to_tensor(context.replica_id_in_sync_group))
    return replica is None or int(replica) == 0
