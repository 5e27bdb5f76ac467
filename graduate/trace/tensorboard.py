"""Reads TensorBoard event files as a trace: scalars alone. TensorBoard and TensorFlow need not be there.

A file is a row of records (TFRecord framing), each a protocol buffer `Event`; what is needed of those messages is read
here field by field. Formats: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto,
tensorflow/core/framework/summary.proto and tensor.proto.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from graduate.errors import UserError
from graduate.trace.logs import Logged, canonical, rising, trace_of
from graduate.trace.reader import Trace

PATTERN = "*tfevents*"
TABLES = (
    "gradient_norm",
    "gradient_max",
    "gradient_mean",
    "gradient_zeros",
    "gradient_nonfinite",
    "weight_norm",
    "update_norm",
    "update_ratio",
)
_VALIDATION_RUNS = {"validation", "val", "valid", "eval", "evaluation", "test"}
_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}  # DataType: float, double, int32, int64, half
_MANY = 300  # points under one tag: surely steps, not epochs

Points = dict[str, list[tuple[int, float]]]


def read(folder: str | os.PathLike[str]) -> Trace:
    """The trace of the event files in a folder, those of its runs `train` and `validation` included.

    Raises:
        UserError: there are none, or no loss is in them.
    """
    place = Path(folder)
    runs: dict[str, Points] = {}
    for file in sorted(place.glob(f"**/{PATTERN}") if place.is_dir() else [place]):
        run = "" if file.parent == place or file == place else file.parent.relative_to(place).as_posix()
        found = runs.setdefault(run, {})
        for tag, step, value in scalars(file):
            found.setdefault(tag, []).append((step, value))
    logged = _logged(runs)
    if logged.empty:
        tags = sorted({tag for points in runs.values() for tag in points})
        seen = f"it has {', '.join(tags[:6])}" if tags else "they hold no scalars"
        raise UserError(f"no loss in the event files of {place}: {seen}", hint="log it under a tag that ends in `loss`")
    return trace_of(logged)


def runs_in(folder: Path) -> list[Path]:
    """The folders below (or it itself) that are a training each: what `train` and `validation` lie in counts as one."""
    places = {file.parent for file in folder.glob(f"**/{PATTERN}")}
    parts = {place.parent if place != folder and _is_part(place.name) else place for place in places}
    return sorted(parts)


def _is_part(name: str) -> bool:
    return name.lower() in (_VALIDATION_RUNS | {"train", "training"})


def scalars(file: Path) -> Iterator[tuple[str, int, float]]:
    """(tag, step, value) of every scalar; what a killed writer left half written at the end is passed over.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(file)) from None
    for record in _records(memoryview(content)):
        try:
            yield from _event(record)
        except (IndexError, struct.error, ValueError):  # a record that is no Event
            continue


def _records(content: memoryview) -> Iterator[memoryview]:
    at = 0
    while at + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        if at + 16 + length > len(content):
            return
        yield content[at + 12 : at + 12 + length]
        at += 16 + length


def _event(record: memoryview) -> Iterator[tuple[str, int, float]]:
    step, summaries = 0, []
    for number, value in _fields(record):
        if number == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif number == 5 and not isinstance(value, int):
            summaries.append(value)
    for summary in summaries:
        for number, value in _fields(summary):
            if number == 1 and not isinstance(value, int) and (found := _scalar(value)) is not None:
                yield found[0], step, found[1]


def _scalar(message: memoryview) -> tuple[str, float] | None:
    """Of a Summary.Value: the tag, and the number where it is one."""
    tag, number_of = "", None
    for number, value in _fields(message):
        if isinstance(value, int):
            continue
        if number == 1:
            tag = bytes(value).decode("utf-8", "replace")
        elif number == 2:
            (number_of,) = struct.unpack("<f", value)
        elif number == 8:
            number_of = _tensor(value)
    return (tag, float(number_of)) if number_of is not None else None


def _tensor(message: memoryview) -> float | None:
    """Of a TensorProto with one element: its value."""
    kind, values = 0, b""
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and not isinstance(value, int) and _elements(value) != 1:
            return None
        elif number in (4, 5, 6) and not isinstance(value, int):  # tensor_content, float_val, double_val
            values = bytes(value)
        elif number in (7, 10):  # int_val, int64_val: varints, alone or packed
            return float(value if isinstance(value, int) else _varint(value, 0)[0])
    if kind not in _TYPES or len(values) != np.dtype(_TYPES[kind]).itemsize:
        return None
    return float(np.frombuffer(values, _TYPES[kind])[0])


def _elements(shape: memoryview) -> int:
    total = 1
    for number, dimension in _fields(shape):
        if number == 2 and not isinstance(dimension, int):
            total *= next((size for at, size in _fields(dimension) if at == 1 and isinstance(size, int)), 0)
    return total


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message: a number for a varint, bytes for everything else."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if wire == 2:
            length, at = _varint(message, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > len(message):
            raise ValueError("a field beyond its message")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _logged(runs: Mapping[str, Points]) -> Logged:
    """`epoch_…` tags by epoch; others by step, or, where nobody says which they are, as whichever fits."""
    logged = Logged()
    told = any(_says_which(tag) for points in runs.values() for tag in points)
    for run, points in runs.items():
        validation = run.rpartition("/")[2].lower() in _VALIDATION_RUNS
        for tag, pairs in points.items():
            _take(logged, tag, pairs, validation, told)
    return logged


def _says_which(tag: str) -> bool:
    return tag.startswith(("epoch_", "epoch/", "batch_")) or tag.partition("/")[0] in TABLES


def _take(logged: Logged, tag: str, pairs: list[tuple[int, float]], validation: bool, told: bool) -> None:
    column, _, variable = tag.partition("/")
    if column in TABLES and variable:
        logged.tables.setdefault(column, {})[variable] = rising(pairs)
        return
    if tag.startswith(("evaluation_", "histogram")) and tag.endswith("_vs_iterations"):
        return  # the same as epoch_… of validation, by iteration
    if column == "epoch" and variable:  # graduate's own: at the steps at which epochs ended
        for at, (_, value) in enumerate(sorted(pairs)):
            logged.epochs.setdefault(at, {})[canonical(variable)] = value
        return
    by_epoch, by_step = tag.startswith("epoch_"), tag.startswith("batch_")
    name = canonical(tag.removeprefix("epoch_").removeprefix("batch_"), validation)
    if by_epoch or (not by_step and not told and _counts_epochs(step for step, _ in pairs)):
        first = min(step for step, _ in pairs)
        for step, value in pairs:
            logged.epochs.setdefault(step - min(first, 1), {})[name] = value
    elif name not in logged.steps or by_step:
        logged.steps[name] = rising(pairs)


def _counts_epochs(steps: Iterable[int]) -> bool:
    """Whether these are epochs: 0, 1, 2, … or 1, 2, 3, …, and few."""
    found = sorted(set(steps))
    return len(found) < _MANY and found[0] in (0, 1) and found == list(range(found[0], found[0] + len(found)))
