"""`Recorder.attach`: the observer for one model, with its trace where the recorder has it."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from graduate.errors import UsageError
from graduate.observe.fits import FitContext
from graduate.observe.observer import Observer
from graduate.observe.optimizers import Update
from graduate.observe.row import key_of

R = TypeVar("R")


class Attached(Generic[R]):
    """While it is entered, every update of the model's weights is recorded.

    Args:
        recorder: is what `with` gives.
        path: of the trace.
        model: a Keras model, built or not.
        every: record steps whose number is a multiple of it.

    Raises:
        UsageError: this is no Keras model.
    """

    def __init__(self, recorder: R, path: str, model: Any, every: int) -> None:
        if not hasattr(model, "trainable_variables") or not callable(model):
            raise UsageError(
                f"a recorder is attached to a Keras model, not to a {type(model).__name__}",
                hint="with Recorder(folder).attach(model): …",
            )
        self._recorder, self._model = recorder, model
        self._observer = _OfOne(path, model, every)

    def __enter__(self) -> R:
        _forget_compiled(self._model)
        self._observer.install()
        return self._recorder

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ended = "finished" if kind is None else "interrupted" if kind is KeyboardInterrupt else "failed"
        failures = self._observer.guard.errors
        traces = self._observer.finish(ended)
        _forget_compiled(self._model)
        if failures or not traces:
            why = "; ".join(failures) if failures else "no update of the model's weights was seen"
            warnings.warn(f"the recorder could not record everything: {why}", stacklevel=2)


class _OfOne(Observer):
    """Sees one model alone."""

    def __init__(self, path: str, model: Any, every: int) -> None:
        super().__init__(path, every)
        self._model = model
        self._registry.goes_on = True
        self._registry.place = lambda number, _: Path(path if number == 1 else f"{path}-{number}")

    def wants(self, update: Update, context: FitContext | None) -> bool:
        """Updates of the model's weights, of all or of a part of them."""
        if context is not None and context.model is self._model:
            return True
        own = {key_of(v) for v in self._model.trainable_variables}
        return any(key_of(v) in own for v in update.variables)


def _forget_compiled(model: Any) -> None:
    """Have Keras trace the train function anew: one that was traced before knows nothing of a recorder."""
    if getattr(model, "train_function", None) is not None:
        model.train_function = None
