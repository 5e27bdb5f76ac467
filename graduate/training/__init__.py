"""One training loop for every strategy. Names are resolved when they are used: options need no TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graduate.training.input import Rows as Rows
    from graduate.training.loop import TrainingResult as TrainingResult
    from graduate.training.loop import train as train
    from graduate.training.options import EarlyStopping as EarlyStopping
    from graduate.training.options import Optimizer as Optimizer
    from graduate.training.options import Schedule as Schedule
    from graduate.training.options import TrainingOptions as TrainingOptions
    from graduate.training.strategy import describe_device as describe_device
    from graduate.training.strategy import is_chief as is_chief
    from graduate.training.strategy import resolve_strategy as resolve_strategy
    from graduate.training.supervise import Supervisor as Supervisor

_HOMES = {
    "Rows": "input",
    "TrainingResult": "loop",
    "train": "loop",
    "EarlyStopping": "options",
    "Optimizer": "options",
    "Schedule": "options",
    "TrainingOptions": "options",
    "describe_device": "strategy",
    "is_chief": "strategy",
    "resolve_strategy": "strategy",
    "Supervisor": "supervise",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
