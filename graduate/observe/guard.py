"""Patches that can be taken back, and that never raise into the program that is observed."""

from __future__ import annotations

import functools
import inspect
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_ABSENT = object()


class Guard:
    """Counts failures of the observer by place and message; a failing hook is as if it were not there."""

    def __init__(self) -> None:
        self.errors: dict[str, int] = {}
        self.spent = 0.0  # seconds of the host
        self._threads = threading.local()

    @property
    def busy(self) -> bool:
        """Whether the observer itself is at work in this thread: what it does is not the program's doing."""
        return getattr(self._threads, "depth", 0) > 0

    @contextmanager
    def own_work(self) -> Iterator[None]:
        """The observer is at work."""
        self._threads.depth = getattr(self._threads, "depth", 0) + 1
        began = time.perf_counter()
        try:
            yield
        finally:
            self._threads.depth -= 1
            if not self._threads.depth:
                self.spent += time.perf_counter() - began

    def run(self, hook: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What `hook` gives, None where it fails or where the observer itself is at work."""
        if self.busy:
            return None
        with self.own_work():
            try:
                return hook(*args, **kwargs)
            except Exception as error:
                self.note(hook, error)
                return None

    def note(self, where: Any, error: BaseException) -> None:
        """Remember a failure."""
        name = getattr(where, "__qualname__", str(where))
        text = f"{name}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300]
        self.errors[text] = self.errors.get(text, 0) + 1
        if os.environ.get("GRADUATE_OBSERVE_DEBUG"):
            traceback.print_exception(error)


class Patches:
    """Attributes of classes and modules that are replaced, and put back by `undo`."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def wrap(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Replace `owner.name` by `make(original)`; an inherited attribute is shadowed."""
        found = inspect.getattr_static(owner, name)
        own = owner.__dict__.get(name, _ABSENT)
        original = getattr(owner, name) if not isinstance(found, staticmethod | classmethod) else found.__func__
        wrapped = functools.wraps(original)(make(original))
        self._undo.append((owner, name, own))
        setattr(owner, name, wrapped)

    def undo(self) -> None:
        """Everything as it was, the last patch first."""
        while self._undo:
            owner, name, own = self._undo.pop()
            if own is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, own)
