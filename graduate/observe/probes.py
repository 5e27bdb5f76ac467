"""When a model is looked at while it trains, and with which weights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graduate.observe.row import key_of
from graduate.observe.rows import Rows

_SHARE, _GROWTH, _ROWS = 0.015, 1.6, 128


class Beats:
    """Log-spaced steps, with a budget of time: what a probe costs puts the next one off."""

    def __init__(self) -> None:
        self._next, self._began, self._spent, self._first = 0.0, time.monotonic(), 0.0, True

    def due(self, step: int) -> bool:
        """Whether it is time after `step`."""
        if step < self._next:
            return False
        return self._first or self._spent <= _SHARE * (time.monotonic() - self._began)

    @contextmanager
    def beat(self, step: int) -> Iterator[None]:
        """A probe after `step`; the first one is not counted."""
        self._next = max(step + 1, step * _GROWTH)
        began = time.monotonic()
        try:
            yield
        finally:
            if not self._first or step > 0:
                self._spent += time.monotonic() - began
            self._first = False


def probe(model: Any, rows: Rows, objective: dict[str, Any], loss: Any, constant_loss: float | None) -> Any:
    """The fact `probe` on a few rows; the model is as before."""
    from graduate.looks import probe as looks_probe

    some = rows.some(_ROWS)
    return looks_probe.look(model, some.x, some.y, objective, loss=loss, constant_loss=constant_loss)


def final(model: Any, train: Rows, validation: Rows | None, objective: dict[str, Any], loss: Any) -> Any:
    """The fact `final`."""
    from graduate.looks import final as looks_final

    other = validation if validation is not None else Rows(None)
    return looks_final.look(model, train.x, train.y, other.x, other.y, objective, loss=loss)


@contextmanager
def weights_as(model: Any, values: dict[int, Any]) -> Iterator[None]:
    """With the values of a snapshot; afterwards with its own again, bit for bit."""
    import numpy as np

    changed = [(v, np.array(getattr(v, "_value", v)), values.get(key_of(v))) for v in model.variables]
    try:
        for variable, _, value in changed:
            if value is not None:
                variable.assign(value)
        yield
    finally:
        for variable, own, value in changed:
            if value is not None:
                variable.assign(own)
