"""How the lineage verbs draw on a stream: columns, colours, and ASCII where the stream takes nothing else."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

from graduate.pipeline.view import style

_NARROW, _WIDE = 60, 100
_MARKS = str.maketrans({"✓": "+", "✗": "x"})


@dataclass(frozen=True)
class Drawn:
    """Columns, and whether in colour."""

    width: int
    colour: bool


def drawn(stream: TextIO) -> Drawn:
    """What suits a stream: a pipe gets 100 columns without colours."""
    known = stream.isatty() or os.environ.get("COLUMNS")
    columns = shutil.get_terminal_size((_WIDE, 24)).columns if known else _WIDE
    return Drawn(min(max(columns, _NARROW), _WIDE), style.wanted(stream))


def fitting(text: str, stream: TextIO) -> str:
    """The text as it is where the stream takes it, else in ASCII."""
    try:
        text.encode(stream.encoding or "utf-8", "surrogateescape")
    except UnicodeEncodeError:
        from graduate.pipeline.cli._drawing import ascii_only  # what it draws needs configs

        return ascii_only(text.translate(_MARKS))
    return text
