"""Code that a config names: functions and objects in a Python file of the user's."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from graduate.errors import UserError


class UserCodeError(UserError):
    """The user's own code raised: `where` is their file and line, the exception is chained."""


def load_module(path: Path) -> ModuleType:
    """Import a file under a name of its own, with its folder importable.

    Raises:
        UserCodeError: it cannot be imported.
    """
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserCodeError("is not a Python file", where=str(path), hint="a module's file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    call(path, spec.loader.exec_module, module)
    return module


def load_function(path: Path, name: str, key: str = "model.build") -> Any:
    """Import a file and give one of its functions.

    Args:
        path: the file.
        name: of the function.
        key: of the config, which names it.

    Raises:
        UserCodeError: it cannot be imported, or has no such function.
    """
    function = getattr(load_module(path), name, None)
    if not callable(function):
        hint = f"{key} names a function of {path.name}"
        raise UserCodeError(f"has no function {name}", where=str(path), hint=hint)
    return function


def call(path: Path, function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a user's function.

    Raises:
        UserCodeError: it raised; `where` is the deepest line of the user's folder in the traceback.
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == path.parent]
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(path)
        raise UserCodeError(f"{type(error).__name__}: {error}", where=where) from error
