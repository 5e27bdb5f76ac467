"""What the image task may be told: checked in the light process, before TensorFlow is imported."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

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


Found = tuple[tuple[str | int, ...], str, str | None]  # the key's path, what is wrong, what to do


def check(config: Any) -> Iterator[Found]:
    """What is wrong with `training.augment` and `model.hyperparameters` of an image pipeline."""
    for index, step in enumerate(config.training.augment):
        yield from _augmentation(("training", "augment", index), step)
    if config.model.module is None and config.model.build in HYPERPARAMETERS:
        known = HYPERPARAMETERS[config.model.build]
        for key in config.model.hyperparameters:
            if key not in known:
                message = f"the builder {config.model.build} has no hyperparameter {key}"
                yield ("model", "hyperparameters", key), message, _nearest(key, known)


def _augmentation(path: tuple[str | int, ...], step: Mapping[str, Any]) -> Iterator[Found]:
    if len(step) != 1:
        yield path, "each entry of training.augment is one augmentation", "for example [{flip: horizontal}, {shift: 2}]"
        return
    ((name, value),) = step.items()
    if name not in AUGMENTATIONS:
        yield path, f"unknown augmentation {name}", _nearest(name, AUGMENTATIONS)
    elif expected := AUGMENTATIONS[name](value):
        yield path, f"the augmentation {name} takes {expected}, not {value!r}", None


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
