"""Rows as a page shows them: small pictures, beginnings of texts, outlines of recordings, lines of a table."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any

from graduate.page import shell
from graduate.pipeline.data.listing import shown
from graduate.pipeline.look.found import Look

_FIRST, _COLUMNS, _CELL = 10, 60, 60  # rows and columns of a table; characters of a cell
_MOST_READ = 64 * 2**20  # bytes of a file that is drawn


class Rows:
    """Draws rows of one look."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def several(self, paths: Sequence[str], why: Mapping[str, str] | None = None) -> str:
        """Rows beside each other; `why` says something of each."""
        items = "".join(f"<li>{self._one(path, (why or {}).get(path))}</li>" for path in paths)
        return f'<ul class="rows {self._kind}">{items}</ul>'

    def pair(self, paths: Sequence[str], like: str) -> str:
        """Rows that belong together."""
        if self._look.task == "table":
            return self._of_table(paths, like)
        items = "".join(self._one(path, self._look.class_of.get(path)) for path in paths)
        kind = f"{self._kind} images" if self._look.task == "image" else self._kind
        return f'<div class="pair {kind}"><span class="like">{shell.text(like)}</span>{items}</div>'

    def table(self) -> str:
        """The first rows of a table."""
        sample = self._look.measured["_sample"]
        return _cells(sample.names[:_COLUMNS], [row[:_COLUMNS] for row in sample.rows[:_FIRST]])

    @property
    def _kind(self) -> str:
        return {"text": "texts", "audio": "audio"}.get(self._look.task, "")

    def _of_table(self, paths: Sequence[str], like: str) -> str:
        sample = self._look.measured["_sample"]
        at = {place: number for number, (place, _) in enumerate(sample.places)}
        rows = [["", path.rpartition("#")[2], *sample.rows[at[path]][:_COLUMNS]][1:] for path in paths]
        return f'<p class="small">{shell.text(like)}</p>' + _cells(["row", *sample.names[:_COLUMNS]], rows)

    def _one(self, path: str, said: str | None) -> str:
        caption = shell.text(shown(path)) + (f"<br>{shell.text(said)}" if said else "")
        return f'<figure class="row">{self._drawn(path)}<figcaption>{caption}</figcaption></figure>'

    def _drawn(self, path: str) -> str:
        file = os.path.join(self._look.data, path)
        drawn = None
        if self._look.task == "text":
            return _excerpt(self._look.measured["_texts"].get(path, ""))
        if os.path.isfile(file) and os.path.getsize(file) <= _MOST_READ:
            drawn = {"image": _picture, "audio": _outline}[self._look.task](file, path)
        return drawn or '<div class="none">cannot be shown</div>'


def _picture(file: str, path: str) -> str | None:
    from graduate.pipeline.look import images

    found = images.thumbnail(file)
    if found is None:
        return None
    kind, content = found
    return f'<img alt="{shell.text(shown(path))}" src="data:{kind};base64,{base64.b64encode(content).decode()}">'


def _excerpt(text: str) -> str:
    from graduate.pipeline.look import texts

    return f"<blockquote>{shell.text(texts.excerpt(text) or '…')}</blockquote>"


def _outline(file: str, path: str) -> str | None:
    from graduate.pipeline.look import audio

    found = audio.peaks(file)
    if found is None:
        return None
    peaks, seconds = found
    step = 1000 / max(1, len(peaks))
    drawn = "".join(f"M{at * step:.0f} {500 - 480 * peak:.0f}V{500 + 480 * peak:.0f}" for at, peak in enumerate(peaks))
    said = f"{shown(path)}: {seconds:.2f} s"
    return (
        f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label="{shell.text(said)}">'
        f'<path d="{drawn}"/></svg>'
    )


def _cells(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    cut = [["" if cell is None else str(cell)[:_CELL] for cell in row] for row in rows]
    return wide(shell.table(names, cut))


def wide(table: str) -> str:
    """A table that is scrolled sideways rather than broken into lines; its columns are named flush left."""
    return f'<div class="wide">{table.replace("<th scope=col class=number>", "<th scope=col>")}</div>'
