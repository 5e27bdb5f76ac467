"""How many steps a compiled call takes, and what is told while they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from graduate.training.state import TrainingState

CALL_SECONDS = 0.25
_TELL_SECONDS = 0.25


class Pace:
    """How many steps a call takes: about a quarter of a second's, so that progress shows and Ctrl-C is heard.

    Args:
        fixed: steps a call; None lets the clock choose.
    """

    def __init__(self, fixed: int | None) -> None:
        self._fixed = fixed
        self._calls, self._steps, self._seconds = 0, 0, 0.0
        self.rate: float | None = None

    def count(self) -> int:
        """How many steps the next call may take."""
        if self._fixed:
            return self._fixed
        if self.rate is None:
            return 1 if not self._calls else 4
        return max(1, int(self.rate * CALL_SECONDS))

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


class Progress:
    """Tells how far a training is, at most four times a second."""

    def __init__(self, tell: Callable[[dict[str, Any]], None] | None, steps: int) -> None:
        self._tell, self._steps, self._next = tell, steps, 0.0

    def tell(self, state: TrainingState, batch: int, rate: float | None, last: bool = False) -> None:
        """Tell where `state` is, unless that was done just before; the last time always."""
        now = time.perf_counter()
        if self._tell is None or (now < self._next and not last):
            return
        self._next = now + _TELL_SECONDS
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
