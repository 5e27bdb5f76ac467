"""A model may be called inside `untouched` as if it had not been: what a call changes is put back.

Put back: every variable of the model (moving statistics, states of recurrent layers, seed generators), losses that
layers added, plain numbers that a program's own layers count in, and the random states of Python, NumPy, Keras and
TensorFlow. Ops of TensorFlow with a seed of their own keep a state per global seed that nothing can put back; inside,
another global seed is set, so that those of the program are not moved. What is printed goes nowhere. Functions
compiled with `tf.function` run eagerly, so that nothing is traced.
"""

from __future__ import annotations

import contextlib
import io
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

_SEED = 1_723


@contextlib.contextmanager
def untouched(model: Any = None) -> Iterator[None]:
    """Put everything back that calls inside change."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(_numbers_of_chance())
        stack.enter_context(_keras_globals())
        stack.enter_context(_tensorflow_globals())
        if model is not None:
            stack.enter_context(_state_of(model))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(np.errstate(all="ignore"))
        yield


@contextlib.contextmanager
def _numbers_of_chance() -> Iterator[None]:
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


@contextlib.contextmanager
def _keras_globals() -> Iterator[None]:
    """Counters of names, and the generator behind random ops without a seed."""
    try:
        from keras.src.backend.common import global_state
    except ImportError:  # another Keras: nothing known to put back
        yield
        return
    names = ("object_name_uids", "global_seed_generator")
    counters = global_state.get_global_attribute(names[0])
    copied = counters.copy() if counters is not None else None
    generator = global_state.get_global_attribute(names[1])
    value = np.array(generator.state) if generator is not None else None
    try:
        yield
    finally:
        now = global_state.get_global_attribute(names[0])
        if now is not None:
            now.clear()
            now.update(copied or {})
        global_state.set_global_attribute(names[1], generator)
        if generator is not None:
            generator.state.assign(value)


@contextlib.contextmanager
def _tensorflow_globals() -> Iterator[None]:
    try:
        import tensorflow as tf
        from tensorflow.python.eager import context
        from tensorflow.python.ops import stateful_random_ops
    except ImportError:
        yield
        return
    current = context.context()
    seed, rng = current._seed, getattr(current, "_rng", None)  # no generator before a seed is set
    generator = stateful_random_ops.global_generator
    value = generator.state.numpy() if generator is not None and tf.executing_eagerly() else None
    eager = tf.config.functions_run_eagerly()
    current._seed, current._rng = _SEED, random.Random(_SEED)
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        current._seed = seed
        if rng is not None:
            current._rng = rng
        else:
            del current._rng
        tf.config.run_functions_eagerly(eager)
        stateful_random_ops.global_generator = generator
        if value is not None:
            generator.state.assign(value)


@contextlib.contextmanager
def _state_of(model: Any) -> Iterator[None]:
    layers = _all_layers(model)
    variables = _variables(model, layers)
    values = [(variable, np.array(variable)) for variable in variables]
    losses = [(layer, list(layer._losses)) for layer in layers if isinstance(getattr(layer, "_losses", None), list)]
    counters = [
        (vars(layer), key, value)
        for layer in layers
        for key, value in list(vars(layer).items())
        if not key.startswith("_") and isinstance(value, int | float)
    ]
    try:
        yield
    finally:
        for variable, value in values:
            if not np.array_equal(np.asarray(variable), value, equal_nan=value.dtype.kind == "f"):
                variable.assign(value)
        for layer, before in losses:
            layer._losses[:] = before
        for own, key, number in counters:
            own[key] = number


def _all_layers(model: Any) -> list[Any]:
    flatten = getattr(model, "_flatten_layers", None)
    return list(flatten()) if flatten is not None else [model]


def _variables(model: Any, layers: list[Any]) -> list[Any]:
    """Variables that a call may assign: all that no optimizer trains, Keras' and plain ones of TensorFlow."""
    found: dict[int, Any] = {}
    trained = {id(variable) for variable in getattr(model, "trainable_variables", [])}
    for variable in getattr(model, "variables", []):
        if id(variable) not in trained:
            found[id(variable)] = variable
    for layer in layers:
        for value in list(vars(layer).values()):
            if hasattr(value, "assign") and hasattr(value, "numpy") and id(value) not in trained:
                found[id(value)] = value
            state = getattr(value, "state", None)  # seed generators, tf.random.Generator
            if hasattr(state, "assign") and hasattr(state, "numpy"):
                found[id(state)] = state
    return list(found.values())
