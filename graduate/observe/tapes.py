"""Patch of `tf.GradientTape.gradient`: which loss, which weights, which of them have no gradient."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from graduate.observe.guard import Guard, Patches
from graduate.observe.row import key_of


class Taken:
    """Gradients of a loss with respect to weights."""

    def __init__(self, target: Any, weights: dict[int, Any], gradients: dict[int, int], without: set[int]) -> None:
        self.target, self.weights, self.gradients, self.without = target, weights, gradients, without
        self.eager = tf.executing_eagerly()
        self.values: dict[int, Any] = {}  # the gradients themselves, only while they are looked at


class TapePatches:
    """Remembers the last gradients taken, by thread.

    Args:
        guard: of the observer.
        seen: called with each `Taken`.
    """

    def __init__(self, guard: Guard, seen: Callable[[Taken], None]) -> None:
        self._guard, self._seen, self._threads = guard, seen, threading.local()

    def install(self, patches: Patches) -> None:
        """Into TensorFlow's class."""
        patches.wrap(tf.GradientTape, "gradient", self._gradient)

    def loss_of(self, gradients: list[Any], variables: list[Any]) -> Any:
        """The loss behind gradients that are about to be applied; None where it was not seen."""
        given, keys = {id(one) for one in gradients if one is not None}, {key_of(v) for v in variables}
        recent = list(reversed(self._recent()))
        for taken in recent:
            if given & taken.gradients.keys():
                return taken.target
        for taken in recent:  # changed in between: clipped, averaged, accumulated
            if keys & taken.weights.keys():
                return taken.target
        return None

    def _gradient(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def gradient(tape: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(tape, target, sources, *args, **kwargs)
            self._guard.run(self._look, target, sources, found)
            return found

        return gradient

    def _look(self, target: Any, sources: Any, found: Any) -> None:
        flat_sources, flat_found = _flat(sources), _flat(found)
        weights, gradients, without = {}, {}, set()
        for source, gradient in zip(flat_sources, flat_found, strict=False):
            if not (isinstance(source, tf.Variable) or hasattr(source, "_value")):
                continue
            if getattr(source, "trainable", True):
                weights[key_of(source)] = source
                if gradient is None:
                    without.add(key_of(source))
                else:
                    gradients[id(gradient)] = key_of(source)
        if weights:
            taken = Taken(_first(target), weights, gradients, without)
            self._recent().append(taken)
            taken.values = {
                key_of(s): g for s, g in zip(flat_sources, flat_found, strict=False) if key_of(s) in weights
            }
            self._seen(taken)
            taken.values = {}

    def _recent(self) -> deque[Taken]:
        if not hasattr(self._threads, "recent"):
            self._threads.recent = deque(maxlen=6)
        return self._threads.recent


def _flat(value: Any) -> list[Any]:
    """Leaves of lists, tuples and dicts; None is one."""
    if isinstance(value, list | tuple):
        return [leaf for one in value for leaf in _flat(one)]
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in _flat(value[key])]
    return [value]


def _first(target: Any) -> Any:
    return next((one for one in _flat(target) if one is not None), None)
