"""What the image task may be told: checked in the light process, before TensorFlow is imported."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graduate.errors import UsageError

# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "mlp": {"units": [128, 64], "activation": "relu", "dropout": 0.0, "batch_norm": False},
    "cnn": {"filters": [32, 64], "kernel": 3, "activation": "relu", "dropout": 0.2, "batch_norm": False, "units": []},
    "resnet": {"filters": [32, 64], "blocks": 2, "activation": "relu", "dropout": 0.0},
}


def _positive(value: Any) -> str | None:
    return None if _number(value) and value > 0 else "a number above 0"


def _share(value: Any) -> str | None:
    return None if _number(value) and 0 < value < 1 else "a number between 0 and 1"


def _pixels(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and value >= 1 else "a whole number of pixels, 1 or more"


def _direction(value: Any) -> str | None:
    return None if value in ("horizontal", "vertical", "both") else "horizontal, vertical or both"


def _angle(value: Any) -> str | None:
    return None if _number(value) and 0 < value <= 180 else "degrees between 0 and 180"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# name: a function that says what was expected, or None where the value is right
AUGMENTATIONS: Mapping[str, Callable[[Any], str | None]] = {
    "flip": _direction,
    "shift": _pixels,
    "rotate_degrees": _angle,
    "zoom": _share,
    "brightness": _share,
    "contrast": _share,
    "noise": _positive,
    "erase": _share,
    "mixup": _positive,
}


def check(config: Any) -> None:
    """Check `training.augment` and `model.hyperparameters` of an image pipeline.

    Raises:
        UsageError: an unknown augmentation or hyperparameter (with the nearest), or a value that does not fit.
    """
    check_augment(config.training.augment)
    if config.model.module is None:
        check_hyperparameters(config.model.build, config.model.hyperparameters)


def check_augment(steps: Sequence[Mapping[str, Any]]) -> None:
    """Check a list like `[{shift: 1}, {rotate_degrees: 10}]`.

    Raises:
        UsageError: naming the entry.
    """
    for index, step in enumerate(steps):
        where = f"training.augment[{index}]"
        if len(step) != 1:
            raise UsageError("one augmentation an entry", where=where, hint="e.g. [{flip: horizontal}, {shift: 2}]")
        ((name, value),) = step.items()
        if name not in AUGMENTATIONS:
            raise UsageError(f"unknown augmentation {name}", where=where, hint=_nearest(name, AUGMENTATIONS))
        expected = AUGMENTATIONS[name](value)
        if expected:
            raise UsageError(f"{name} takes {expected}, not {value!r}", where=where)


def check_hyperparameters(build: str, given: Mapping[str, Any]) -> None:
    """Check the builder's name and the names of its hyperparameters.

    Raises:
        UsageError: with the nearest name that there is.
    """
    if build not in HYPERPARAMETERS:
        hint = f"{_nearest(build, HYPERPARAMETERS)}; your own function needs model.module too"
        raise UsageError(f"unknown builder {build}", where="model.build", hint=hint)
    known = HYPERPARAMETERS[build]
    for key in given:
        if key not in known:
            where = f"model.hyperparameters.{key}"
            raise UsageError(f"{build} has no hyperparameter {key}", where=where, hint=_nearest(key, known))


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
