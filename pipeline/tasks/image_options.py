"""What the image task may be told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.config import by_task
from graduate.pipeline.tasks import image_file, options
from graduate.pipeline.tasks.options import Found, Options, Rule

# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "mlp": {"units": [128, 64], "activation": "relu", "dropout": 0.0, "batch_norm": False},
    "cnn": {"filters": [32, 64], "kernel": 3, "activation": "relu", "dropout": 0.2, "batch_norm": False, "units": []},
    "resnet": {"filters": [32, 64], "blocks": 2, "activation": "relu", "dropout": 0.0},
    "transfer": {"file": None, "cut": -2, "freeze": True, "units": [], "activation": "relu", "dropout": 0.0},
}
ACTIVATIONS = options.ACTIVATIONS
AUGMENTATIONS: Mapping[str, Rule] = {
    "flip": options.direction,
    "shift": options.pixels,
    "rotate_degrees": options.angle,
    "zoom": options.share,
    "brightness": options.share,
    "contrast": options.share,
    "noise": options.positive,
    "erase": options.share,
    "mixup": options.positive,
}
_RULES: Mapping[str, Rule] = {
    "units": options.maybe_layers,
    "filters": options.layers,
    "kernel": options.whole,
    "blocks": options.whole,
    "activation": options.activation,
    "dropout": options.dropout,
    "batch_norm": options.switch,
    "file": options.rule(lambda value: isinstance(value, str) and value, "the path of a .keras file"),
    "cut": options.rule(lambda value: type(value) in (str, int), "a layer's name, or its place such as -2"),
    "freeze": options.rule(
        lambda value: isinstance(value, bool) or (options.is_number(value) and value in range(10_000)),
        "true, false, or how many layers",
    ),
}
SLICES = ("label", "height", "width", "channels")


def check(config: Any) -> Iterator[Found]:
    """What is wrong with what only the task knows; see `options.check`."""
    yield from options.check(config, OPTIONS)


def _more(config: Any) -> Iterator[Found]:
    yield from _shifts(config)
    if config.model.build == "transfer" and config.model.module is None:
        yield from image_file.check(config)
    yield from _labels(config)
    background = config.transform.background
    if not re.fullmatch("white|black|#[0-9a-fA-F]{6}", background):
        message = f"transform.background cannot be {background}"
        yield ("transform", "background"), message, "white, black or '#rrggbb', in quotes"


def _labels(config: Any) -> Iterator[Found]:
    """Several labels an image: their file, their names and `target: labels` belong together."""
    data, named = config.data, "for example label: [cat, dog]"
    if data.target == "number":
        yield ("data", "target"), "images are told apart by class or labels, and data.target is number", "leave it out"
    elif data.target == "labels" and data.labels is None:
        yield ("data", "target"), "target: labels needs data.labels", "a CSV beside the folder of images"
    elif data.target == "class" and data.labels is not None:
        yield ("data", "labels"), "data.labels needs target: labels", "or a folder class/name.png without data.labels"
    if data.target != "labels":
        return
    if not isinstance(data.label, list) or not data.label:
        yield ("data", "label"), "data.label names no labels", named
    elif len(set(data.label)) < len(data.label):
        yield ("data", "label"), "data.label names a label twice", named
    if config.training.class_weights != "none":
        message = "several labels have no classes that could be weighed"
        yield ("training", "class_weights"), message, "remove class_weights"
    for index, part in enumerate(config.evaluation.slices):
        if part.by == "label":
            yield ("evaluation", "slices", index, "by"), "several labels are no slices", "height, width or channels"


def _shifts(config: Any) -> Iterator[Found]:
    side = min(config.transform.size)
    for index, step in enumerate(config.training.augment):
        shift = step.get("shift")
        if options.is_count(shift) and shift >= side:
            message = f"a shift of {shift} moves images of {side} pixels out of sight"
            yield ("training", "augment", index, "shift"), message, "a few pixels are usual"


OPTIONS = Options(
    noun="an image",
    hyperparameters=HYPERPARAMETERS,
    rules=_RULES,
    augmentations=AUGMENTATIONS,
    slices=SLICES,
    transform=by_task.TRANSFORM["image"],
    example="for example [{flip: horizontal}, {shift: 2}]",
    more=_more,
)
