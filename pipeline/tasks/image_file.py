"""What a config says of a Keras file to start from, against the file's own description: JSON, nothing is run."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graduate.pipeline.tasks.options import Found, nearest

_KEY = ("model", "hyperparameters")


def check(config: Any) -> Iterator[Found]:
    """What is wrong with `file` and `cut` of `build: transfer`, and with `transform.size` and `channels` for it."""
    given = config.model.hyperparameters
    if "file" not in given:
        hint = "for example hyperparameters: {file: base.keras}, relative to the config file"
        yield _KEY, "the builder transfer needs a file", hint
        return
    if not isinstance(given["file"], str):
        return  # its rule has said so
    path = config.input_path(given["file"])
    described = _described(path)
    if isinstance(described, str):
        yield (*_KEY, "file"), f"{given['file']} {described}", "model.save('base.keras') of Keras 3 writes one"
        return
    layers = [layer["config"] for layer in described["config"].get("layers", ())]
    yield from _cut([str(layer["name"]) for layer in layers], given.get("cut", -2))
    shapes = [tuple(layer["batch_shape"][1:]) for layer in layers if layer.get("batch_shape")]
    wanted = (*config.transform.size, config.transform.channels)
    if shapes and not _fits(shapes[0], wanted):
        takes, gives = ("×".join("any" if one is None else str(one) for one in shape) for shape in (shapes[0], wanted))
        message = f"{given['file']} takes {takes}, and transform gives {gives}"
        yield (*_KEY, "file"), message, _hint(shapes[0])


def _described(path: Path) -> Mapping[str, Any] | str:
    """The model's own description; or in a few words why there is none."""
    if not path.is_file():
        return "does not exist; the path is relative to the config file"
    try:
        with zipfile.ZipFile(path) as opened:
            found = json.loads(opened.read("config.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return "is no Keras file"
    if not isinstance(found.get("config"), dict) or "layers" not in found["config"]:
        return "holds a model of a class of its own, whose layers are not known"
    return found


def _cut(names: list[str], cut: Any) -> Iterator[Found]:
    if isinstance(cut, str) and cut not in names:
        yield (*_KEY, "cut"), f"the file has no layer {cut}", nearest(cut, names)
    elif isinstance(cut, int) and not -len(names) <= cut < len(names):
        yield (*_KEY, "cut"), f"the file has {len(names)} layers, and none at {cut}", "-2 is the last but one"


def _fits(shape: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == 3 and all(one in (None, other) for one, other in zip(shape, wanted, strict=True))


def _hint(shape: tuple[int | None, ...]) -> str:
    if len(shape) != 3:
        return "its input is no image (height, width, channels)"
    height, width, channels = shape
    size = f"size: [{height}, {width}], " if None not in (height, width) else ""
    return f"transform: {{{size}channels: {channels}}}"
