"""How far a look is, on stderr: rewritten on a terminal, a line now and then elsewhere, nothing where it is quick."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Row = TypeVar("Row")
Say = Callable[[str], None]
_FIRST, _OFTEN, _SELDOM = 1.0, 0.2, 10.0  # seconds


class Progress:
    """Says what is done and how much of it. `close` wipes the line that a terminal shows."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (_FIRST if self._terminal else _SELDOM)
        self._shown = False

    def over(self, rows: Sequence[Row], doing: str) -> Iterator[Row]:
        """The rows, counted."""
        for number, row in enumerate(rows):
            self.say(lambda number=number: f"{doing} {number:,} of {len(rows):,}")  # type: ignore[misc]
            yield row

    def endless(self, rows: Iterable[Row], doing: str) -> Iterator[Row]:
        """The rows, counted, of which there are nobody knows how many."""
        for number, row in enumerate(rows):
            self.say(lambda number=number: f"{doing} {number:,}")  # type: ignore[misc]
            yield row

    def say(self, text: Callable[[], str]) -> None:
        """Say it, unless something was said a moment ago."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_OFTEN if self._terminal else _SELDOM)
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{text()}")
            self._shown = True
        else:
            sys.stderr.write(f"{text()}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing more comes."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
