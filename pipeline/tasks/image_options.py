"""What the image task may be told: checked in the light process, before TensorFlow is imported."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "mlp": {"units": [128, 64], "activation": "relu", "dropout": 0.0, "batch_norm": False},
    "cnn": {"filters": [32, 64], "kernel": 3, "activation": "relu", "dropout": 0.2, "batch_norm": False, "units": []},
    "resnet": {"filters": [32, 64], "blocks": 2, "activation": "relu", "dropout": 0.0},
}

ACTIVATIONS = (
    "relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "silu", "swish", "mish", "tanh", "sigmoid", "hard_silu",
    "softplus", "softsign", "linear",
)  # fmt: skip

Found = tuple[tuple[str | int, ...], str, str | None]  # the key's path, what is wrong, what to do
Rule = Callable[[Any], str | None]  # says what was expected, or None where the value is right


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _rule(fits: Callable[[Any], Any], expected: str) -> Rule:
    return lambda value: None if fits(value) else expected


_positive = _rule(lambda value: _number(value) and value > 0, "a number above 0")
_share = _rule(lambda value: _number(value) and 0 < value < 1, "a number between 0 and 1")
_angle = _rule(lambda value: _number(value) and 0 < value <= 180, "degrees between 0 and 180")
_pixels = _rule(_count, "a whole number of pixels, 1 or more")
_direction = _rule(lambda value: value in ("horizontal", "vertical", "both"), "horizontal, vertical or both")
_layers = _rule(lambda value: isinstance(value, list) and value and all(map(_count, value)), "a list like [32, 64]")
_maybe_layers = _rule(lambda value: isinstance(value, list) and all(map(_count, value)), "a list like [64], or []")
_whole = _rule(_count, "a whole number, 1 or more")
_dropout = _rule(lambda value: _number(value) and 0 <= value < 1, "a share of at least 0 and below 1")
_switch = _rule(lambda value: isinstance(value, bool), "true or false")
_activation = _rule(lambda value: value in ACTIVATIONS, f"one of {', '.join(ACTIVATIONS)}")

AUGMENTATIONS: Mapping[str, Rule] = {
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
_HYPERPARAMETER_RULES: Mapping[str, Rule] = {
    "units": _maybe_layers,
    "filters": _layers,
    "kernel": _whole,
    "blocks": _whole,
    "activation": _activation,
    "dropout": _dropout,
    "batch_norm": _switch,
}

# What the raw rows of an image pipeline may be told apart by: see `evaluation.slices`.
SLICES = ("label", "height", "width", "channels")


def check(config: Any) -> Iterator[Found]:
    """What is wrong with `training.augment`, `model` and `evaluation.slices` of an image pipeline.

    Args:
        config: a PipelineConfig; the user's module is read, not run.
    """
    for index, step in enumerate(config.training.augment):
        yield from _augmentation(("training", "augment", index), step, min(config.transform.size))
    for index, part in enumerate(config.evaluation.slices):
        if part.by not in SLICES:
            message = f"the rows of an image pipeline have no feature {part.by} to slice by"
            yield ("evaluation", "slices", index, "by"), message, _nearest(part.by, SLICES)
    if config.model.module is None:
        yield from _builder(config.model.build, config.model.hyperparameters)
    else:
        yield from _user_builder(config.input_path(config.model.module), config.model)


def _augmentation(path: tuple[str | int, ...], step: Mapping[str, Any], side: int) -> Iterator[Found]:
    if len(step) != 1:
        yield path, "each entry of training.augment is one augmentation", "for example [{flip: horizontal}, {shift: 2}]"
        return
    ((name, value),) = step.items()
    if name not in AUGMENTATIONS:
        yield path, f"unknown augmentation {name}", _nearest(name, AUGMENTATIONS)
    elif expected := AUGMENTATIONS[name](value):
        yield (*path, name), f"the augmentation {name} takes {expected}, not {value!r}", None
    elif name == "shift" and value >= side:
        yield (*path, name), f"a shift of {value} moves images of {side} pixels out of sight", "a few pixels are usual"


def _builder(name: str, given: Mapping[str, Any]) -> Iterator[Found]:
    if name not in HYPERPARAMETERS:
        hint = f"{_nearest(name, HYPERPARAMETERS)}; a function of your own needs model.module"
        yield ("model", "build"), f"unknown builder {name}", hint
        return
    yield from _unknown(name, given, HYPERPARAMETERS[name])
    for key in [key for key in given if key in HYPERPARAMETERS[name]]:
        if expected := _HYPERPARAMETER_RULES[key](given[key]):
            yield ("model", "hyperparameters", key), f"{key} takes {expected}, not {given[key]!r}", None


def _user_builder(file: Path, model: Any) -> Iterator[Found]:
    """Hyperparameters that the user's function does not take. What else is wrong with the file is not told here."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == model.build and node.args.kwarg is None:
            arguments = [*node.args.args[2:], *node.args.kwonlyargs]  # after input_shape and output_units
            yield from _unknown(model.build, model.hyperparameters, [argument.arg for argument in arguments])


def _unknown(builder: str, given: Iterable[str], known: Iterable[str]) -> Iterator[Found]:
    known = list(known)
    for key in given:
        if key not in known:
            message = f"the builder {builder} has no hyperparameter {key}"
            yield ("model", "hyperparameters", key), message, _nearest(key, known)


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known) or 'none'}"
