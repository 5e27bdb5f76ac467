"""Colours and short forms that the view and the summary share; plain strings, no library."""

from __future__ import annotations

import os
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
ICONS = {
    "ran": ("✓", "green"),
    "cached": ("↺", "cyan"),
    "skipped": ("–", "dim"),
    "failed": ("✗", "red"),
    "interrupted": ("■", "yellow"),
}


def wanted(stream: TextIO) -> bool:
    """Whether colours belong on a stream: a terminal that knows them, and nobody has set NO_COLOR."""
    return not os.environ.get("NO_COLOR") and capable() and stream.isatty()


def capable() -> bool:
    """Whether the terminal, if there is one, knows colours and a cursor that moves."""
    return os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def paint(text: str, *styles: str) -> str:
    """`text` in ANSI styles; "" is none."""
    codes = ";".join(_CODES[style] for style in styles if style)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes else text


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3m 05s`, `2h 10m`: eight characters at most, up to 99 hours."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def short(path: str) -> str:
    """A path relative to here, where that is shorter and does not climb."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") and len(relative) < len(path) else path
