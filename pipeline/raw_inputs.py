"""Raw inputs of a prediction: files, folders of them, and JSON lines, read one by one as they are needed.

Of a table the inputs are rows: of CSV, TSV, JSON lines or Parquet files, or JSON lines on standard input. Otherwise a
file is one input.

A line of JSON is {"image": {"b64": "…"}} or {"path": "…"}, a path being relative to the folder of its `.jsonl` file (on
standard input to the current folder); a text may stand as it is, {"text": "…"}. An input that
cannot be read raises nothing: it says why, and the next one comes.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graduate.pipeline.data import kinds
from graduate.pipeline.data.kinds import Kind

STDIN = "-"


class RawInput(NamedTuple):
    """One input: its name, and either its bytes (of a table its raw features) or in a few words why there are none."""

    name: str
    raw: bytes | Mapping[str, Any]
    problem: str = ""


def read(words: Iterable[str], task: str = "image", columns: Mapping[str, str] | None = None) -> Iterator[RawInput]:
    """The inputs that the words of a command line mean, in their order.

    Args:
        words: files, folders (every file of the task's kind below, hidden ones passed over), `.jsonl` files, `-` for
            JSON lines on standard input.
        task: the model's, whose raw feature is the key of bytes in a line of JSON.
        columns: of a table the type of each raw feature.
    """
    if task == "table":
        yield from _rows(words, columns or {})
        return
    kind = kinds.BY_TASK[task]
    feature = kind.raw_feature
    for word in words:
        if word == STDIN:
            yield from _lines(sys.stdin.buffer, "stdin", "", feature)
        elif os.path.isdir(word):
            yield from _folder(word, kind)
        elif word.lower().endswith(".jsonl"):
            yield from _json_lines(word, feature)
        else:
            yield of_file(word, word, feature)


def _rows(words: Iterable[str], columns: Mapping[str, str]) -> Iterator[RawInput]:
    from graduate.pipeline.data import table_inputs

    for word in words:
        if word == STDIN:
            found = table_inputs.of_lines(sys.stdin.buffer, "stdin", columns)
        else:
            found = table_inputs.of_file(word, columns)
        for name, row in found:
            yield RawInput(name, b"", row) if isinstance(row, str) else RawInput(name, row)


def _folder(folder: str, kind: Kind) -> Iterator[RawInput]:
    problems: list[OSError] = []
    some = False
    for path, folders, names in os.walk(folder, onerror=problems.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in kind.endings:
                some = True
                file = os.path.join(path, name)
                yield of_file(file, file, kind.raw_feature)
    for problem in problems:
        yield RawInput(os.fsdecode(problem.filename), b"", _reason(problem))
    if not some and not problems:
        yield RawInput(folder, b"", f"the folder holds no {kind.nouns} ({', '.join(sorted(kind.endings))})")


def of_file(name: str, path: str, feature: str = "") -> RawInput:
    """The input that a file is; of recordings (the feature `audio`) as a WAV, which is what their models take."""
    try:
        with open(path, "rb") as opened:
            return _served(name, opened.read(), feature)
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        return RawInput(name, b"", _reason(error))


def _json_lines(path: str, feature: str) -> Iterator[RawInput]:
    try:
        with open(path, "rb") as opened:
            yield from _lines(opened, path, os.path.dirname(path), feature)
    except OSError as error:
        yield RawInput(path, b"", _reason(error))


def _lines(lines: Iterable[bytes], source: str, folder: str, feature: str) -> Iterator[RawInput]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield of_line(line, f"{source}:{number}", folder, feature)


def of_line(line: bytes, name: str, folder: str, feature: str) -> RawInput:
    """The input that a line of JSON is.

    Args:
        line: the JSON.
        name: of the line.
        folder: that a path in it is relative to.
        feature: the key of bytes.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return RawInput(name, b"", f"it is not a line of JSON ({str(error)[:80]})")
    match row:
        case {"path": str(path)}:
            return of_file(path, os.path.join(folder, path), feature)
        case Mapping() if feature in row:
            return _bytes(row[feature], name, feature)
    return RawInput(name, b"", f'a line is {{"{feature}": {_shape(feature)}}} or {{"path": "…"}}')


def _served(name: str, raw: bytes, feature: str) -> RawInput:
    """Bytes as a serving graph takes them."""
    if feature != kinds.AUDIO.raw_feature:
        return RawInput(name, raw)
    from graduate.pipeline.data import seen_audio

    wav = seen_audio.as_wav(raw)
    return RawInput(name, b"", wav) if isinstance(wav, str) else RawInput(name, wav)


def _shape(feature: str) -> str:
    """What stands for bytes in JSON."""
    return '"…"' if feature == kinds.TEXT.raw_feature else '{"b64": "…"}'


def _bytes(value: Any, name: str, feature: str) -> RawInput:
    match value:
        case {"b64": str(text)}:
            try:
                return _served(name, base64.b64decode(text, validate=True), feature)
            except (binascii.Error, ValueError):
                return RawInput(name, b"", f"{feature}.b64 is not base64")
        case str() if feature == kinds.TEXT.raw_feature:
            try:
                return RawInput(name, value.encode())
            except UnicodeEncodeError:
                return RawInput(name, b"", f"{feature} holds half of a surrogate pair")
    return RawInput(name, b"", f"{feature} is not {_shape(feature)}")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"it cannot be read ({getattr(error, 'strerror', None) or error})"
