"""Installs an observer as soon as a program has imported Keras. Imports nothing heavy itself."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


def install_on_import(observer_factory: Callable[[], Any], *, installed: Callable[[Any], None] | None = None) -> None:
    """Call `observer_factory().install()` once, right after the first import of `keras` is done.

    Args:
        observer_factory: makes an `Observer`; called when Keras is there, at once where it is there already.
        installed: gets the observer when it is installed.
    """
    waiting = _Finder(observer_factory, installed)
    if "keras" in sys.modules:
        waiting.install()
    else:
        sys.meta_path.insert(0, waiting)


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the other finders find Keras and wraps its loader."""

    def __init__(self, factory: Callable[[], Any], installed: Callable[[Any], None] | None) -> None:
        self._factory, self._installed, self._looking = factory, installed, False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "keras" or self._looking:
            return None
        self._looking = True
        try:
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        finally:
            self._looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self)
        return spec

    def install(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        observer = self._factory()
        observer.install()
        if self._installed is not None:
            self._installed(observer)


class _Loader(importlib.abc.Loader):
    """Keras' own loader, and then the observer."""

    def __init__(self, inner: Any, finder: _Finder) -> None:
        self._inner, self._finder = inner, finder

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner  # resources are looked up through the loader
        module.__loader__ = self._inner
        self._inner.exec_module(module)
        self._finder.install()
