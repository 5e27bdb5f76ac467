"""Where the time goes: the fact `pace`, and the clock that measures the wait for input inside a compiled step."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from graduate.observe.guard import Guard, Patches
from graduate.observe.ring import own_variable


class InputClock:
    """Seconds that Keras' train function waits for its next batch.

    The function takes the batch inside its graph, so that the wait is measured there: two time stamps around it.

    Args:
        guard: of the observer.
        wanted: whether the train function runs, or is being traced, right now.
    """

    def __init__(self, guard: Guard, wanted: Callable[[], bool]) -> None:
        self._guard, self._wanted = guard, wanted
        self._seconds: Any = None
        self._eager, self._read, self.measures = 0.0, 0.0, False

    def install(self, patches: Patches) -> None:
        """Into TensorFlow's iterator."""
        from tensorflow.python.data.ops.iterator_ops import OwnedIterator

        patches.wrap(OwnedIterator, "get_next", self._around)
        patches.wrap(OwnedIterator, "get_next_as_optional", self._around)

    def taken(self) -> float:
        """Seconds since the last time, NaN where nothing measures them."""
        if not self.measures:
            return float("nan")
        now = self._eager + (float(self._seconds.numpy()) if self._seconds is not None else 0.0)
        waited, self._read = now - self._read, now
        return waited

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_next(iterator: Any, *args: Any, **kwargs: Any) -> Any:
            if self._guard.busy or not self._wanted():
                return original(iterator, *args, **kwargs)
            self.measures = True
            if tf.executing_eagerly():
                began = time.perf_counter()
                try:
                    return original(iterator, *args, **kwargs)
                finally:
                    self._eager += time.perf_counter() - began
            began = self._guard.run(_stamp)
            if began is None:
                return original(iterator, *args, **kwargs)
            with tf.control_dependencies([began]):
                element = original(iterator, *args, **kwargs)
            self._guard.run(self._ended, began, element)
            return element

        return get_next

    def _ended(self, began: Any, element: Any) -> None:
        tensors = [getattr(element, "_variant_tensor", None)]
        if tensors[0] is None:
            tensors = tf.nest.flatten(element, expand_composites=True)
        if self._seconds is None:
            with tf.init_scope(), tf.device("CPU:0"):
                self._seconds = own_variable(np.float64(0.0))
        with tf.control_dependencies(tensors):
            self._seconds.assign_add(tf.timestamp() - began)


def pace_of(run: Any, study: Any, guard: Guard) -> dict[str, Any]:
    """The fact `pace`.

    Args:
        run: the training.
        study: of its model.
        guard: of the observer: its own time.
    """
    timed = run.times()
    facts: dict[str, Any] = {
        "steps": run.step,
        "eager": run.eager,
        "retraces": 0 if run.eager else max(0, run.traces_applied - 1),
        "first_step_seconds": run.first_seconds,
        "seconds_per_step": None,
        "input_share": None,
    }
    if len(timed):
        seconds, waited = timed[:, 0], timed[:, 1]
        facts["seconds_per_step"] = float(np.median(seconds))
        known = np.isfinite(waited)
        if known.any() and seconds[known].sum() > 0:
            facts["input_share"] = float(min(1.0, waited[known].sum() / seconds[known].sum()))
    contexts = run.contexts
    if contexts:
        whole = sum(one.seconds for one in contexts)
        own = sum(one.own_seconds for one in contexts)
        validation = sum(one.validation_seconds for one in contexts)
        callbacks = sum(one.callback_seconds for one in contexts)
        if whole > 0:
            facts["validation_share"] = validation / whole
            facts["callback_share"] = callbacks / whole
            facts["recorder_share"] = own / whole
        facts["input"] = contexts[-1].input
    elif run.began:
        facts["recorder_share"] = guard.spent / max(1e-9, time.perf_counter() - run.began)
        if run.waits_for_datasets:
            facts["input"] = {"kind": "tf.data"}
        elif len(run.between) > 8:  # the program makes its rows between its steps, or does something else there
            before, inside = np.median(np.array(run.between[1:]), axis=0)
            facts["input_share"] = float(before / max(before + inside, 1e-9))
            facts["seconds_per_step"] = float(before + inside)
            facts["input"] = {"kind": "loop", "python": True}
    return facts


def input_of(adapter: Any) -> dict[str, Any]:
    """What `fit` iterates over, from Keras' adapter: its kind, and whether a tf.data pipeline is fast by its build."""
    name = type(adapter).__name__
    kinds = {
        "ArrayDataAdapter": "arrays",
        "TFDatasetAdapter": "tf.data",
        "GeneratorDataAdapter": "generator",
        "PyDatasetAdapter": "pydataset",
    }
    facts: dict[str, Any] = {"kind": kinds.get(name, name)}
    if facts["kind"] == "tf.data":
        facts.update(_pipeline(adapter._dataset))
    elif facts["kind"] in ("generator", "pydataset"):
        facts["python"] = True
        source = getattr(adapter, "py_dataset", None)
        if source is not None:
            facts["workers"] = getattr(source, "workers", None)
            facts["parallel"] = bool((getattr(source, "workers", 1) or 1) > 1)
    return facts


def _pipeline(dataset: Any) -> dict[str, Any]:
    found = {"prefetch": False, "parallel": False, "cache": False, "python": False}
    waiting, seen = [dataset], 0
    while waiting and seen < 100:
        one, seen = waiting.pop(), seen + 1
        name = type(one).__name__
        found["prefetch"] |= "Prefetch" in name
        found["parallel"] |= "Parallel" in name
        found["cache"] |= "Cache" in name
        found["python"] |= "Generator" in name or _of_python(one)
        inputs = getattr(one, "_inputs", None)
        waiting.extend(inputs() if callable(inputs) else [])
    return found


def _of_python(dataset: Any) -> bool:
    """Whether its function calls Python for every element."""
    try:
        graph = dataset._map_func.function.graph
        return any(op.type in ("PyFunc", "EagerPyFunc") for op in graph.get_operations())
    except AttributeError:
        return False


def _stamp() -> Any:
    return tf.timestamp()
