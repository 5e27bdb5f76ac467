"""How many steps a compiled call takes, and what is told while they run."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
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
        self._first = 0.0
        self._parts: dict[str, float] = defaultdict(float)

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
        if self._calls == 1:
            self._first = seconds
        else:
            self.rate = steps / max(seconds, 1e-9)
            self._steps, self._seconds = self._steps + steps, self._seconds + seconds

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Take note of what is done beside the steps."""
        began = time.perf_counter()
        yield
        self._parts[name] += time.perf_counter() - began

    def told(self) -> dict[str, Any]:
        """The fact `pace`: what a step took, and shares of the time after the first call; see docs/facts.md."""
        if not self._steps:
            return {}
        whole = self._seconds + sum(self._parts.values())
        return {
            "seconds_per_step": self._seconds / self._steps,
            "first_step_seconds": self._first,
            "steps": self._steps,
            "input_share": self._parts["input"] / max(self._seconds + self._parts["input"], 1e-9),
            "validation_share": self._parts["validation"] / max(whole, 1e-9),
            "looks_share": self._parts["looks"] / max(whole, 1e-9),
            "compiled": True,
        }

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
            loss, accuracy = state.history[-1]["loss"], state.history[-1][state.metric]
        left = (self._steps - state.step) / rate if rate and not state.stopped else None
        self._tell(
            {
                "step": state.step,
                "steps": self._steps,
                "loss": loss,
                state.metric: accuracy,
                "steps_per_second": rate,
                "seconds_left": left,
            }
        )
