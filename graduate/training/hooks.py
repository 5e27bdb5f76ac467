"""What watches a training: an object with any of these methods. A method that is not there costs nothing.

- `inside_step(*, …)`: traced into the compiled step, once a step, after the update, on one device per worker. It may
  take any of these keywords, and only what some callback names is computed:
    `step` int64 (), 1 for the first; `loss` float32 (), the mean over the global batch, without penalties;
    `gradients` a list along `model.trainable_variables`, summed over replicas and micro-batches, of the mean loss with
      its penalties, unscaled under loss scaling, before clipping; None where the loss does not depend on the variable;
    `clipped` the same after clipping: what the optimizer was given (the same tensors where nothing clips);
    `before`, `after` the weights before and after the update (a parameter-sized buffer each);
    `learning_rate` float32 (), the rate of this step.
- `start(training)`: once, before the first step; `training` is a `graduate.training.loop.Training`.
- `after_steps(step)`: on the host, once a compiled call, with the number of finished steps. True asks to stop.
- `next_stop(step)` -> the next step after `step` at which a compiled call has to end, or None.
- `slow_worker(slow)`: where several train together, in each of them, a `graduate.training.crew.Slow` that was found.
- `between_calls(step)`: once a compiled call, when its evaluation and its checkpoint are done. True asks to stop.
- `finish(result)`: at the end, with the `TrainingResult` that `train` is about to give back.
- `state()` -> dict of arrays, `restore(state)`: what goes into a checkpoint and comes out of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graduate.errors import UsageError

GIVEN = ("step", "loss", "gradients", "clipped", "before", "after", "learning_rate")


class Hooks:
    """The callbacks of a training, by what they ask for."""

    def __init__(self, callbacks: Sequence[Any]) -> None:
        self.callbacks = tuple(callbacks)
        self._inside = [(cb.inside_step, _named(cb)) for cb in callbacks if hasattr(cb, "inside_step")]
        self.wants = frozenset(name for _, names in self._inside for name in names)

    def __bool__(self) -> bool:
        """Whether anything is to be called inside the step."""
        return bool(self._inside)

    def inside_step(self, given: Mapping[str, Any]) -> None:
        """Call every `inside_step` with what it names."""
        for function, names in self._inside:
            function(**{name: given[name] for name in names})

    def start(self, training: Any) -> None:
        """Tell every callback that the first step is about to run."""
        for callback in self.callbacks:
            if hasattr(callback, "start"):
                callback.start(training)

    def after_steps(self, step: int) -> bool:
        """Tell every callback; whether one of them asks to stop."""
        answers = [cb.after_steps(step) for cb in self.callbacks if hasattr(cb, "after_steps")]
        return any(answer is True for answer in answers)

    def next_stop(self, step: int) -> int | None:
        """The next step at which a call has to end, or None."""
        return min((cb.next_stop(step) for cb in self.callbacks if hasattr(cb, "next_stop")), default=None)

    def between_calls(self, step: int) -> bool:
        """Tell the callbacks that a call has ended; whether one of them asks to stop."""
        answers = [cb.between_calls(step) for cb in self.callbacks if hasattr(cb, "between_calls")]
        return any(answer is True for answer in answers)

    def slow_worker(self, slow: Any) -> None:
        """Tell the callbacks which worker the others wait for."""
        for callback in self.callbacks:
            if hasattr(callback, "slow_worker"):
                callback.slow_worker(slow)

    def finish(self, result: Any) -> None:
        """Tell the callbacks that this is the end."""
        for callback in self.callbacks:
            if hasattr(callback, "finish"):
                callback.finish(result)

    def state(self) -> dict[str, np.ndarray]:
        """The arrays of all callbacks, under their position."""
        return {
            f"{i}/{key}": np.asarray(value)
            for i, callback in enumerate(self.callbacks)
            if hasattr(callback, "state")
            for key, value in callback.state().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Give every callback its arrays back."""
        for i, callback in enumerate(self.callbacks):
            if hasattr(callback, "restore"):
                prefix = f"{i}/"
                callback.restore({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})


def _named(callback: Any) -> tuple[str, ...]:
    """The keywords that a callback's `inside_step` takes."""
    parameters = inspect.signature(callback.inside_step).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return GIVEN
    names = tuple(p.name for p in parameters)
    unknown = [name for name in names if name not in GIVEN]
    if unknown:
        raise UsageError(
            f"{type(callback).__name__}.inside_step asks for {unknown[0]!r}, which the loop does not have",
            hint="it may take " + ", ".join(GIVEN),
        )
    return names
