"""The tasks: a module each, the only task-specific code."""

from __future__ import annotations

import importlib
from types import ModuleType


def load(task: str) -> ModuleType:
    """The module of a task by its name in the config."""
    return importlib.import_module(f"graduate.pipeline.tasks.{task}")
