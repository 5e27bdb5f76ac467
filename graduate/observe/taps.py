"""Taps on what `fit`, `evaluate` and `predict` iterate over: rows are seen as they pass, in the first epoch alone.

The tap is a `map` behind the program's own dataset. Nothing is iterated twice, no random number is drawn, the order
stays; later epochs run without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from graduate.observe.guard import Guard, Patches
from graduate.observe.rows import Collector

_BATCHES = 400


class InputPatches:
    """Sees the epoch iterators that Keras makes.

    Args:
        guard: of the observer.
        wanted: called with each new epoch iterator and the keyword arguments it was made of; gives the collector of
            the rows, or None where they are not to be tapped.
    """

    def __init__(self, guard: Guard, wanted: Callable[[Any, dict[str, Any]], Collector | None]) -> None:
        self._guard, self._wanted = guard, wanted

    def install(self, patches: Patches) -> None:
        """Into Keras' class."""
        from keras.src.backend.tensorflow.trainer import TFEpochIterator

        patches.wrap(TFEpochIterator, "__init__", self._made)
        patches.wrap(TFEpochIterator, "_get_iterator", self._iterated)

    def _made(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(iterator: Any, *args: Any, **kwargs: Any) -> None:
            original(iterator, *args, **kwargs)
            collector = self._guard.run(self._wanted, iterator, kwargs)
            if collector is not None:
                iterator._observed_by = collector

        return __init__

    def _iterated(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def _get_iterator(iterator: Any) -> Any:
            dataset = original(iterator)
            collector = getattr(iterator, "_observed_by", None)
            if collector is None:
                return dataset
            iterator._observed_by = None
            return self._guard.run(tapped, dataset, collector) or dataset

        return _get_iterator


def tapped(dataset: Any, collector: Collector) -> Any:
    """The dataset with a tap; None where it cannot have one (a distributed one)."""
    if not isinstance(dataset, tf.data.Dataset):
        return None
    spec = dataset.element_spec

    def collect(*flat: Any) -> None:
        try:
            x, y, weight = _unpacked(tf.nest.pack_sequence_as(spec, list(flat), expand_composites=True))
            collector.add(x, y, weight)
        except Exception:  # rows of a kind that is not known
            collector.ended = True

    def tap(index: Any, element: Any) -> Any:
        flat = tf.nest.flatten(element, expand_composites=True)

        def see() -> Any:
            with tf.control_dependencies([tf.py_function(collect, flat, [])]):
                return tf.constant(0)

        seen = tf.cond(index < _BATCHES, see, lambda: tf.constant(0))
        with tf.control_dependencies([seen]):
            kept = [tf.identity(one) for one in flat]
        return tf.nest.pack_sequence_as(element, kept, expand_composites=True)

    return dataset.enumerate().map(tf.autograph.experimental.do_not_convert(tap))


def _unpacked(element: Any) -> tuple[Any, Any, Any]:
    """As Keras takes an element apart."""
    if isinstance(element, list):
        element = tuple(element)
    if not isinstance(element, tuple):
        return element, None, None
    return (*element, None, None)[:3] if len(element) <= 3 else (element, None, None)
