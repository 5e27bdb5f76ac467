"""Code that a config names: a function in a Python file of the user's."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

from graduate.errors import UserError


class UserCodeError(UserError):
    """The user's own code raised: `where` is their file and line, the exception is chained."""


def load_function(path: Path, name: str) -> Any:
    """Import a file under a name of its own, with its folder importable, and give one of its functions.

    Raises:
        UserCodeError: it cannot be imported, or has no such function.
    """
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UserCodeError("is not a Python file", where=str(path), hint="model.module names a file ending in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    call(path, spec.loader.exec_module, module)
    function = getattr(module, name, None)
    if not callable(function):
        raise UserCodeError(
            f"has no function {name}", where=str(path), hint="model.build names a function of model.module"
        )
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
