"""Patches that see what a custom loop does: models and losses called, compiled functions run, datasets iterated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import tensorflow as tf
from tensorflow.python.eager import record

from graduate.observe.guard import Guard, Patches

_OPS = (
    "sparse_softmax_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits",
    "sigmoid_cross_entropy_with_logits",
)


class Listener(Protocol):
    """What the patches report to; every method is guarded by the caller."""

    def model_called(self, model: Any, inputs: Any, outputs: Any, outside: bool, training: Any) -> None: ...
    def loss_called(self, loss: Any, labels: Any, outputs: Any, keywords: dict[str, Any]) -> None: ...
    def function_begins(self) -> None: ...
    def function_ran(self, function: Any, began: float, ended: float) -> None: ...
    def weights_set(self, model: Any) -> None: ...


class CallPatches:
    """Wraps models, losses, `tf.function` and dataset iterators.

    Args:
        guard: of the observer.
        listener: is told.
        inside_fit: whether Keras' own training is under way: its calls are seen elsewhere.
    """

    def __init__(self, guard: Guard, listener: Listener, inside_fit: Callable[[], bool]) -> None:
        self._guard, self._listener, self._inside_fit = guard, listener, inside_fit
        self._threads = threading.local()
        self.input_seconds: float | None = None  # waited for datasets since the last step

    def install(self, patches: Patches) -> None:
        """Into the classes and modules of Keras and TensorFlow."""
        import keras
        from keras.src.layers.layer import Layer
        from keras.src.losses.loss import Loss
        from keras.src.models.model import Model
        from tensorflow.python.data.ops.iterator_ops import OwnedIterator
        from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function

        patches.wrap(Model, "__call__", self._model)
        patches.wrap(Loss, "__call__", self._loss)
        patches.wrap(Function, "__call__", self._function)
        patches.wrap(OwnedIterator, "__next__", self._next)
        patches.wrap(Model, "load_weights", self._setting)
        patches.wrap(Layer, "set_weights", self._setting)
        named_by_tf = getattr(getattr(keras, "_tf_keras", None), "keras", keras)  # what `tf.keras` is
        for losses in {id(one.losses): one.losses for one in (keras, named_by_tf)}.values():
            for name, function in list(vars(losses).items()):
                if callable(function) and not isinstance(function, type) and name.islower() and _takes_labels(function):
                    patches.wrap(losses, name, self._loss_function)
        for name in _OPS:
            patches.wrap(tf.nn, name, self._loss_function)

    @property
    def running(self) -> Any:
        """The outermost compiled function that is running or being traced in this thread, or None."""
        return self._state("functions")[0] if self._state("functions") else None

    def _model(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(model: Any, *args: Any, **kwargs: Any) -> Any:
            if self._guard.busy:
                return original(model, *args, **kwargs)
            stack = self._state("models")
            stack.append(model)
            try:
                outputs = original(model, *args, **kwargs)
            finally:
                stack.pop()
            if recording() or not stack:
                inputs = args[0] if args else next(iter(kwargs.values()), None)
                training = kwargs.get("training", next((one for one in args[1:] if isinstance(one, bool)), None))
                self._guard.run(self._listener.model_called, model, inputs, outputs, not stack, training)
            return outputs

        return __call__

    def _loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(loss: Any, y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
            depth = self._state("losses")
            depth.append(loss)
            try:
                value = original(loss, y_true, y_pred, *args, **kwargs)
            finally:
                depth.pop()
            if not depth and not self._guard.busy:
                self._guard.run(self._listener.loss_called, loss, y_true, y_pred, {})
            return value

        return __call__

    def _loss_function(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def loss_function(*args: Any, **kwargs: Any) -> Any:
            depth = self._state("losses")
            depth.append(original)
            try:
                value = original(*args, **kwargs)
            finally:
                depth.pop()
            if not depth and not self._guard.busy:
                labels = kwargs.get("y_true", kwargs.get("labels", args[0] if args else None))
                outputs = kwargs.get("y_pred", kwargs.get("logits", args[1] if len(args) > 1 else None))
                self._guard.run(self._listener.loss_called, original, labels, outputs, kwargs)
            return value

        return loss_function

    def _function(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(function: Any, *args: Any, **kwargs: Any) -> Any:
            if self._guard.busy or self._inside_fit() or not tf.executing_eagerly():
                return original(function, *args, **kwargs)
            stack, began = self._state("functions"), time.perf_counter()
            if not stack:
                self._guard.run(self._listener.function_begins)
            stack.append(function)
            try:
                result = original(function, *args, **kwargs)
            finally:
                stack.pop()
            if not stack:
                self._guard.run(self._listener.function_ran, function, began, time.perf_counter())
            return result

        return __call__

    def _next(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __next__(iterator: Any) -> Any:
            if self._guard.busy or self._inside_fit() or not tf.executing_eagerly():
                return original(iterator)
            began = time.perf_counter()
            try:
                return original(iterator)
            finally:
                self.input_seconds = (self.input_seconds or 0.0) + time.perf_counter() - began

        return __next__

    def _setting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def setting(model: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(model, *args, **kwargs)
            self._guard.run(self._listener.weights_set, model)
            return result

        return setting

    def _state(self, name: str) -> list[Any]:
        if not hasattr(self._threads, name):
            setattr(self._threads, name, [])
        return getattr(self._threads, name)


def recording() -> bool:
    """Whether a gradient tape is open."""
    return bool(record.could_possibly_record())


def _takes_labels(function: Any) -> bool:
    import inspect

    try:
        return list(inspect.signature(function).parameters)[:2] == ["y_true", "y_pred"]
    except (TypeError, ValueError):
        return False
