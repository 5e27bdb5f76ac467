"""Patches of `fit`, `evaluate`, `predict`, `train_on_batch`: what passes through them, and the host's time."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any, Protocol

from graduate.observe.guard import Guard, Patches


class FitContext:
    """A call of `fit` (or `train_on_batch`) under way.

    Args:
        model: whose method was called.
        kind: "fit" or "train_on_batch".
        arguments: as given, with defaults.
    """

    def __init__(self, model: Any, kind: str, arguments: dict[str, Any]) -> None:
        self.model, self.kind, self.arguments = model, kind, arguments
        self.runs: list[Any] = []
        self.study: Any = None
        self.calls = self.epochs_done = 0
        self.began = self.call_began = time.perf_counter()
        self.epoch_began = self.began
        self.train_seconds = self.validation_seconds = self.epoch_validation = 0.0
        self.validation_began: float | None = None
        self.first_call_seconds = 0.0
        self.batch_size: int | None = None
        self.ended = "running"
        self.iterators = 0  # epoch iterators that Keras made: the first is of the training rows
        self.input: dict[str, Any] | None = None  # what it iterates over
        self.in_train = False  # the train function runs, or is being traced
        self.callback_seconds = 0.0
        self.seconds = self.own_seconds = self.own_before = 0.0

    def joined(self, run: Any) -> None:
        """A run takes part in this call."""
        if run not in self.runs:
            self.runs.append(run)
            self.study.active = self.runs
            if self.kind == "fit":
                run.contexts.append(self)


class Host(Protocol):
    """What the patches report to; every method is guarded by the caller."""

    def fit_begins(self, context: FitContext) -> dict[str, Any]: ...
    def fit_ends(self, context: FitContext) -> None: ...
    def train_call_ends(self, context: FitContext, seconds: float) -> None: ...
    def epoch_ends(self, context: FitContext, epoch: int, logs: dict[str, Any], seconds: float) -> None: ...
    def data_passes(self, model: Any, kind: str, arguments: dict[str, Any]) -> dict[str, Any]: ...
    def passing(self, model: Any, kind: str | None) -> None: ...


class FitPatches:
    """Wraps Keras' trainer.

    Args:
        guard: of the observer.
        host: is told.
    """

    def __init__(self, guard: Guard, host: Host) -> None:
        self._guard, self._host = guard, host
        self.contexts: list[FitContext] = []

    def install(self, patches: Patches) -> None:
        """Into Keras' classes."""
        from keras.src.backend.tensorflow.trainer import TensorFlowTrainer
        from keras.src.callbacks.callback_list import CallbackList

        patches.wrap(TensorFlowTrainer, "fit", self._training("fit"))
        patches.wrap(TensorFlowTrainer, "train_on_batch", self._training("train_on_batch"))
        for kind in ("evaluate", "predict", "test_on_batch", "predict_on_batch"):
            patches.wrap(TensorFlowTrainer, kind, self._passing(kind))
        patches.wrap(TensorFlowTrainer, "make_train_function", self._made)
        patches.wrap(CallbackList, "on_epoch_begin", self._before("epoch_begin"))
        patches.wrap(CallbackList, "on_epoch_end", self._before("epoch_end"))
        patches.wrap(CallbackList, "on_train_batch_begin", self._callbacks)
        patches.wrap(CallbackList, "on_train_batch_end", self._callbacks)
        patches.wrap(CallbackList, "on_test_begin", self._before("test_begin"))
        patches.wrap(CallbackList, "on_test_end", self._before("test_end"))

    def context_of(self, model: Any) -> FitContext | None:
        """The innermost call under way for a model."""
        return next((one for one in reversed(self.contexts) if one.model is model), None)

    def _training(self, kind: str) -> Callable[..., Any]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            signature = inspect.signature(original)

            def train(model: Any, *args: Any, **kwargs: Any) -> Any:
                if self._guard.busy:
                    return original(model, *args, **kwargs)
                context, given = self._begin(signature, model, kind, args, kwargs)
                if context is None:
                    return original(model, *args, **kwargs)
                self.contexts.append(context)
                try:
                    result = original(model, **given)
                    context.ended = "finished"
                    return result
                except KeyboardInterrupt:
                    context.ended = "interrupted"
                    raise
                except BaseException:
                    context.ended = "failed"
                    raise
                finally:
                    self.contexts.remove(context)
                    context.seconds = time.perf_counter() - context.began
                    context.own_seconds = self._guard.spent - context.own_before
                    self._guard.run(self._host.fit_ends, context)

            return train

        return make

    def _begin(
        self, signature: inspect.Signature, model: Any, kind: str, args: Any, kwargs: Any
    ) -> tuple[FitContext | None, dict[str, Any]]:
        try:
            bound = signature.bind(model, *args, **kwargs)
        except TypeError:  # Keras says what is wrong with the arguments
            return None, {}
        given = {name: value for name, value in bound.arguments.items() if name != next(iter(signature.parameters))}
        bound.apply_defaults()
        context = FitContext(model, kind, dict(bound.arguments))
        context.own_before = self._guard.spent
        replaced = self._guard.run(self._host.fit_begins, context)
        return context, {**given, **(replaced or {})}

    def _passing(self, kind: str) -> Callable[..., Any]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            signature = inspect.signature(original)

            def passing(model: Any, *args: Any, **kwargs: Any) -> Any:
                inside = self._guard.busy or kwargs.get("_use_cached_eval_dataset", False)
                if inside:
                    return original(model, *args, **kwargs)
                try:
                    bound = signature.bind(model, *args, **kwargs)
                except TypeError:
                    return original(model, *args, **kwargs)
                given = {name: value for name, value in bound.arguments.items() if name not in ("self", "kwargs")}
                given.update(bound.arguments.get("kwargs", {}))
                self._guard.run(self._host.data_passes, model, kind, dict(given))
                self._guard.run(self._host.passing, model, kind)
                try:
                    return original(model, *args, **kwargs)
                finally:
                    self._guard.run(self._host.passing, model, None)

            return passing

        return make

    def _made(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make_train_function(model: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(model, *args, **kwargs)
            inner = getattr(model, "train_function", None)
            if inner is not None and not hasattr(inner, "observed_by") and not self._guard.busy:
                wrapped = self._timed(model, inner)
                wrapped.observed_by = self  # type: ignore[attr-defined]
                model.train_function = wrapped
            return result

        return make_train_function

    def _timed(self, model: Any, inner: Callable[..., Any]) -> Callable[..., Any]:
        def train_function(iterator: Any) -> Any:
            context = self.context_of(model)
            if context is None or self._guard.busy:
                return inner(iterator)
            context.call_began = began = time.perf_counter()
            context.in_train, own = True, self._guard.spent
            try:
                result = inner(iterator)
            finally:
                context.in_train = False
            began += self._guard.spent - own  # the observer's own work while a step is traced
            self._guard.run(self._host.train_call_ends, context, time.perf_counter() - began)
            return result

        return train_function

    def _before(self, what: str) -> Callable[..., Any]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def callback(callbacks: Any, *args: Any, **kwargs: Any) -> Any:
                if self.contexts and self.contexts[-1].kind == "fit" and not self._guard.busy:
                    self._guard.run(getattr(self, f"_{what}"), self.contexts[-1], *args, **kwargs)
                return timed(callbacks, *args, **kwargs)

            timed = self._callbacks(original)
            return callback

        return make

    def _callbacks(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def callback(callbacks: Any, *args: Any, **kwargs: Any) -> Any:
            began, own = time.perf_counter(), self._guard.spent
            result = original(callbacks, *args, **kwargs)
            if self.contexts:
                self.contexts[-1].callback_seconds += time.perf_counter() - began - (self._guard.spent - own)
            return result

        return callback

    def _epoch_begin(self, context: FitContext, epoch: int, logs: Any = None) -> None:
        context.epoch_began, context.epoch_validation = time.perf_counter(), 0.0

    def _test_begin(self, context: FitContext, logs: Any = None) -> None:
        context.validation_began = time.perf_counter()

    def _test_end(self, context: FitContext, logs: Any = None) -> None:
        if context.validation_began is not None:
            context.epoch_validation += time.perf_counter() - context.validation_began
            context.validation_seconds += time.perf_counter() - context.validation_began
        context.validation_began = None

    def _epoch_end(self, context: FitContext, epoch: int, logs: Any = None) -> None:
        context.epochs_done += 1
        seconds = time.perf_counter() - context.epoch_began
        self._host.epoch_ends(context, epoch, dict(logs or {}), seconds)
