"""A component may be handed the dotted name of a function: what it needs of the pipeline, which it never imports."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def function(name: str) -> Callable[..., Any]:
    """The function that a dotted name means, such as `graduate.pipeline.folds.measure`."""
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert callable(found), name
    return found
