"""What a task may be told, and what is wrong with it: checked in the light process, before TensorFlow is imported."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACTIVATIONS = (
    "relu", "leaky_relu", "relu6", "elu", "selu", "gelu", "silu", "swish", "mish", "tanh", "sigmoid", "hard_silu",
    "softplus", "softsign", "linear",
)  # fmt: skip

Found = tuple[tuple[str | int, ...], str, str | None]  # the key's path, what is wrong, what to do
Rule = Callable[[Any], str | None]  # says what was expected, or None where the value is right


@dataclass(frozen=True)
class Options:
    """A task's own vocabulary.

    Attributes:
        noun: what a row is called, with its article: `an image`.
        hyperparameters: every key that a builder takes, with its default: also what a remedy may change.
        rules: of hyperparameters, by key.
        augmentations: rules of `training.augment`, by name.
        slices: what the raw rows may be told apart by: see `evaluation.slices`. Empty: by any feature.
        transform: the keys of the group `transform` that the task obeys.
        example: an augmentation for a hint.
    """

    noun: str
    hyperparameters: Mapping[str, Mapping[str, Any]]
    rules: Mapping[str, Rule]
    augmentations: Mapping[str, Rule]
    slices: Sequence[str]
    transform: Sequence[str]
    example: str = ""
    more: Callable[[Any], Iterator[Found]] = field(default=lambda config: iter(()))


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def rule(fits: Callable[[Any], Any], expected: str) -> Rule:
    return lambda value: None if fits(value) else expected


positive = rule(lambda value: is_number(value) and value > 0, "a number above 0")
share = rule(lambda value: is_number(value) and 0 < value < 1, "a number between 0 and 1")
angle = rule(lambda value: is_number(value) and 0 < value <= 180, "degrees between 0 and 180")
pixels = rule(is_count, "a whole number of pixels, 1 or more")
direction = rule(lambda value: value in ("horizontal", "vertical", "both"), "horizontal, vertical or both")
layers = rule(lambda value: isinstance(value, list) and value and all(map(is_count, value)), "a list like [32, 64]")
maybe_layers = rule(lambda value: isinstance(value, list) and all(map(is_count, value)), "a list like [64], or []")
whole = rule(is_count, "a whole number, 1 or more")
dropout = rule(lambda value: is_number(value) and 0 <= value < 1, "a share of at least 0 and below 1")
switch = rule(lambda value: isinstance(value, bool), "true or false")
activation = rule(lambda value: value in ACTIVATIONS, f"one of {', '.join(ACTIVATIONS)}")


def check(config: Any, options: Options) -> Iterator[Found]:
    """What is wrong with `transform`, `training.augment`, `model` and `evaluation.slices` of a pipeline of this task.

    Args:
        config: a PipelineConfig; the user's module is read, not run.
        options: the task's.
    """
    for key in sorted(config.transform.model_fields_set - set(options.transform)):
        message = f"transform.{key} is not for {_nouns(options)}"
        yield ("transform", key), message, f"known: {', '.join(options.transform)}"
    for index, step in enumerate(config.training.augment):
        yield from _augmentation(("training", "augment", index), step, options)
    for index, part in enumerate(config.evaluation.slices):
        if options.slices and part.by not in options.slices:
            message = f"the rows of {options.noun} pipeline have no feature {part.by} to slice by"
            yield ("evaluation", "slices", index, "by"), message, nearest(part.by, options.slices)
    if config.model.module is None:
        yield from _builder(config.model.build, config.model.hyperparameters, options)
    else:
        yield from _user_builder(config.input_path(config.model.module), config.model)
    yield from options.more(config)


def _nouns(options: Options) -> str:
    return f"{options.noun.partition(' ')[2]} pipelines"


def _augmentation(path: tuple[str | int, ...], step: Mapping[str, Any], options: Options) -> Iterator[Found]:
    if len(step) != 1:
        yield path, "each entry of training.augment is one augmentation", options.example
        return
    ((name, value),) = step.items()
    if name not in options.augmentations:
        yield path, f"unknown augmentation {name}", nearest(name, options.augmentations)
    elif expected := options.augmentations[name](value):
        yield (*path, name), f"the augmentation {name} takes {expected}, not {value!r}", None


def _builder(name: str, given: Mapping[str, Any], options: Options) -> Iterator[Found]:
    known = options.hyperparameters
    if name not in known:
        hint = f"{nearest(name, known)}; a function of your own needs model.module"
        yield ("model", "build"), f"unknown builder {name}", hint
        return
    yield from _unknown(name, given, known[name])
    for key in [key for key in given if key in known[name]]:
        if expected := options.rules[key](given[key]):
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
            yield ("model", "hyperparameters", key), message, nearest(key, known)


def nearest(name: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or all that are known."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known) or 'none'}"
