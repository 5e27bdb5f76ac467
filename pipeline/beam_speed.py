"""Three patches of Apache Beam 2.72 that remember what building a graph asks it thousands of times.

A graph of Transform has some 2,000 nodes; while it is built, Beam inspects the same signatures 150,000 times and
parses the same command line 2,300 times, which is most of a small pipeline's time. Nothing here changes a result: a
test compares each answer with and without. `GRADUATE_BEAM_PATCHES=0` leaves Beam as it is, and so does any other
version of it.
"""

from __future__ import annotations

import bz2
import copy
import os
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SWITCH = "GRADUATE_BEAM_PATCHES"
VERSION = "2.72.0"


def apply() -> Callable[[], None]:
    """Patch Beam, if it is the version that this was written for; gives a function that takes the patches off."""
    import apache_beam
    from apache_beam.internal import cloudpickle_pickler
    from apache_beam.options import pipeline_options
    from apache_beam.transforms import core, userstate

    if os.environ.get(SWITCH) == "0" or apache_beam.__version__ != VERSION:
        return lambda: None
    patches = [
        (core, "get_function_args_defaults", _remember_signatures(core.get_function_args_defaults)),
        (userstate, "get_dofn_specs", _remember_specs(userstate.get_dofn_specs)),
        (pipeline_options.PipelineOptions, "__init__", _remember_options(pipeline_options.PipelineOptions.__init__)),
        (cloudpickle_pickler, "bz2", _FastBz2),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, patch in patches:
        setattr(owner, name, patch)

    def undo() -> None:
        for owner, name, original in before:
            setattr(owner, name, original)

    return undo


@contextmanager
def applied() -> Iterator[None]:
    """The patches, for the length of a block."""
    undo = apply()
    try:
        yield
    finally:
        undo()


def _remember_signatures(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """(arguments, defaults) of a method depend on its function alone, not on the object that it is bound to."""
    known: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def get_function_args_defaults(f: Any) -> Any:
        if type(f) is not types.MethodType or type(f.__func__) is not types.FunctionType:
            return original(f)
        found = known.get(f.__func__)
        if found is None:
            found = known[f.__func__] = original(f)
        return list(found[0]), list(found[1])  # a caller may change its copy

    return get_function_args_defaults


def _remember_specs(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The state and timer specs of a DoFn; remembered per object, since some DoFns get methods when they are made."""
    known: dict[int, Any] = {}

    def get_dofn_specs(dofn: Any) -> Any:
        key = id(dofn)
        found = known.get(key)
        if found is None:
            found = original(dofn)
            try:
                weakref.finalize(dofn, known.pop, key, None).atexit = False
            except TypeError:  # it cannot be referred to weakly: its id may be reused
                return found
            known[key] = found
        return set(found[0]), set(found[1])

    return get_dofn_specs


def _remember_options(original: Callable[..., None]) -> Callable[..., None]:
    """What a view of the options parses out of the same flags."""
    known: dict[tuple[type, tuple[str, ...]], Any] = {}

    def __init__(self: Any, flags: Any = None, **kwargs: Any) -> None:
        if not isinstance(flags, list | tuple):
            original(self, flags, **kwargs)
            return
        key = (type(self), tuple(flags))
        visible = known.get(key)
        if visible is None:
            original(self, flags, **kwargs)
            known[key] = copy.deepcopy(self._visible_options)
            return
        self._flags = flags
        self._visible_options = copy.deepcopy(visible)
        self._all_options = kwargs
        for name in self._visible_option_list():
            if name not in kwargs:
                kwargs[name] = getattr(self._visible_options, name)

    return __init__


class _FastBz2:
    """bz2 at level 1, whose blocks are a ninth: most of what is pickled is a few kilobytes."""

    decompress = staticmethod(bz2.decompress)

    @staticmethod
    def compress(data: bytes, compresslevel: int = 9) -> bytes:
        return bz2.compress(data, 1)
