"""Gradients taken against updates made: weights without a gradient, never given to an optimizer, never applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.observe.row import initialised, key_of
from graduate.observe.run import Run
from graduate.observe.tapes import Taken

_SURE = 3  # gradients taken before the weights count as moved by hand


class Take:
    """Gradients with respect to one set of weights."""

    def __init__(self, weights: dict[int, Any]) -> None:
        self.weights, self.count = weights, 0
        self.without: set[int] = set()
        self.given: set[int] = set()
        self.before: dict[int, np.ndarray] | None = None
        self.run: Run | None = None  # where a program moves the weights by hand

    def unchanged(self) -> bool:
        """Whether the weights are what they were when gradients were first taken."""
        if not self.before:
            return False
        return all(
            np.array_equal(np.array(getattr(v, "_value", v)), self.before[key], equal_nan=True)
            for key, v in self.weights.items()
            if key in self.before
        )


class Takes:
    """All gradients taken in the process, by the set of weights.

    Args:
        updated: whether a run updates some of these variables.
    """

    def __init__(self, updated: Callable[[frozenset[int]], bool]) -> None:
        self._updated = updated
        self.all: dict[frozenset[int], Take] = {}

    def add(self, taken: Taken) -> Take:
        """Count gradients."""
        keys = frozenset(taken.weights)
        take = self.all.get(keys)
        if take is None:
            take = self.all[keys] = Take(dict(taken.weights))
        take.count += 1
        take.without |= taken.without
        take.given |= keys - taken.without
        if self._updated(keys):
            take.before = None
        elif take.before is None:
            take.before = _values(take.weights)
        return take

    def by_hand(self, take: Take) -> bool:
        """Whether the program moves these weights itself: they changed, and no optimizer was given them."""
        return take.count == _SURE and take.before is not None and not take.unchanged()

    def unapplied(self) -> list[Take]:
        """Of weights that no run updates and that never changed."""
        return [t for keys, t in self.all.items() if not self._updated(keys) and t.run is None and t.unchanged()]

    def facts(self, run: Run, siblings: Sequence[Run]) -> dict[str, Any]:
        """The fact `gradients` of a run; siblings are all runs of the same model."""
        own = {key_of(v) for v in run.variables}
        takes = [take for take in self.all.values() if own & take.weights.keys()]
        given = set().union(*(take.given for take in takes), run.with_gradient)
        without = set().union(*(take.without for take in takes), run.without_gradient) - given
        never = set.intersection(*(one.never_given for one in siblings)) if siblings else set(own)
        names = {key_of(v): described.name for v, described in zip(run.variables, run.described, strict=True)}
        unapplied = bool(takes) and run.step == 0 and run.maker is not None and any(t.unchanged() for t in takes)
        return {
            "taken": sum(take.count for take in takes),
            "applied": run.traces_applied,
            "updates": run.step,
            "none": [names[key] for key in names if key in without],
            "missing": [names[key] for key in names if key in never],
            "frozen": run.frozen,
            "unapplied": unapplied,
            "reset": run.optimizers >= 4,
            "optimizers": run.optimizers,
        }


def _values(weights: dict[int, Any]) -> dict[int, np.ndarray] | None:
    with tf.init_scope():
        if not all(initialised(v) for v in weights.values()):
            return None
        return {key: np.array(getattr(v, "_value", v)) for key, v in weights.items()}
