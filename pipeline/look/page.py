"""A look as one self-contained page: what is odd, class counts, examples of each class, near duplicates, outliers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate import files
from graduate.errors import UserError
from graduate.page import chart, shell
from graduate.pipeline.data.listing import shown
from graduate.pipeline.look import near, told
from graduate.pipeline.look.found import Look
from graduate.pipeline.look.page_rows import Rows, wide

_CLASSES, _EACH, _EACH_TEXT = 12, 6, 3  # classes with examples, and how many of each
_BARS = 60  # classes whose counts are drawn
_PAIRS, _OUTLIERS, _NOISY = 12, 18, 6
_WORDS = {"refused": "a run stops here", "warning": "warning", "note": "note"}


def write(path: str | os.PathLike[str], look: Look) -> None:
    """Write the page, whole or not at all.

    Raises:
        UserError: the file cannot be written.
    """
    try:
        files.write_text(Path(path), render(look))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", hint="name another file: --page FILE") from None


def render(look: Look) -> str:
    """The page's markup."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    charts = (Path(chart.__file__).with_name("chart.css")).read_text(encoding="utf-8")
    body = [f"<style>{charts}{style}</style>", *_sections(look)]
    page = shell.page(f"Data: {shown(os.path.basename(look.data))}", f"{told.title(look)}.", body)
    return page.encode("utf-8", "replace").decode()  # a file name need not be UTF-8, a page must be


def _sections(look: Look) -> Iterator[str]:
    rows = Rows(look)
    yield shell.facts(told.facts(look))
    yield shell.heading("What is odd")
    yield _findings(look)
    if "columns" in look.measured:
        yield shell.heading("Columns")
        yield _columns(look.measured["columns"])
    if look.classes:
        yield shell.heading("Classes")
        yield _counts(look)
    yield _spread(look)
    yield from _examples(look, rows)
    yield from _noisy(look, rows)
    yield from _near(look, rows)
    yield from _outliers(look, rows)
    yield from _bad(look)


def _findings(look: Look) -> str:
    if not look.findings:
        return "<p>Nothing odd was found.</p>"
    order = list(_WORDS)
    lines = [
        f'<li class="{one.severity}"><span class="word">{_WORDS[one.severity]}</span>{shell.text(one.text)}</li>'
        for one in sorted(look.findings, key=lambda found: order.index(found.severity))
    ]
    return f'<ul class="findings">{"".join(lines)}</ul>'


def _columns(columns: dict[str, dict[str, Any]]) -> str:
    rows = [
        (
            name,
            one["kind"],
            one["role"],
            one["missing"],
            "many" if one["distinct"] is None else one["distinct"],
            ", ".join(one["examples"]),
        )
        for name, one in columns.items()
    ]
    head = ("column", "kind", "used as", "missing", "distinct", "such as")
    return wide(shell.table(head, rows))


def _counts(look: Look) -> str:
    most = max(look.classes.values())
    listed = list(look.classes.items())[:_BARS]
    bars = "".join(
        f'<span>{shell.text(shown(name))}</span><span class="n">{count:,}</span>'
        f'<span class="bar" style="width:{100 * count / most:.1f}%"></span>'
        for name, count in listed
    )
    more = len(look.classes) - len(listed)
    rest = f'<p class="small">and {more:,} classes with fewer rows</p>' if more > 0 else ""
    return f'<div class="counts">{bars}</div>{rest}'


def _spread(look: Look) -> str:
    """How lengths and sizes are spread, each class by itself where there are few."""
    values, title = _measured(look)
    if len(values) < 2:
        return ""
    names = list(look.classes)[:6]
    groups = [
        (name, np.array([value for path, value in values.items() if look.class_of[path] == name], float))
        for name in names
    ]
    return shell.heading("How they are spread") + chart.histogram(
        title, [group for group in groups if len(group[1]) and (group[1] > 0).any()]
    )


def _measured(look: Look) -> tuple[dict[str, float], str]:
    if look.task == "image":
        sizes = look.measured["_sizes"]
        same = look.measured["different_sizes"] <= 1
        return ({} if same else {path: float(h * w) for path, (h, w) in sizes.items()}), "pixels of an image"
    if look.task == "text":
        return {path: float(n) for path, n in look.measured["_tokens"].items()}, "words of a text"
    if look.task == "audio":
        return dict(look.measured["_seconds"]), "seconds of a recording"
    return {}, ""


def _examples(look: Look, rows: Rows) -> Iterator[str]:
    if look.task == "table":
        yield shell.heading("The first rows")
        yield rows.table()
        return
    yield shell.heading("Examples")
    for name in list(look.classes)[:_CLASSES]:
        paths = sorted(path for path, label in look.class_of.items() if label == name and path not in look.bad)
        picked = [paths[at] for at in near.evenly(len(paths), _EACH_TEXT if look.task == "text" else _EACH)]
        yield f"<h3>{shell.text(shown(name))}</h3>{rows.several(picked)}"
    if len(look.classes) > _CLASSES:
        yield f'<p class="small">and {len(look.classes) - _CLASSES:,} more classes</p>'


def _noisy(look: Look, rows: Rows) -> Iterator[str]:
    noisy: Sequence[Sequence[str]] = look.measured.get("_noisy", ())
    if noisy:
        yield shell.heading("The same under two classes")
        for paths in noisy[:_NOISY]:
            yield rows.pair(paths[:4], "the same content")
        yield from _more(len(noisy) - _NOISY, "more")


def _near(look: Look, rows: Rows) -> Iterator[str]:
    if not look.near:
        return
    yield shell.heading("Nearly the same")
    for pair in look.near[:_PAIRS]:
        yield rows.pair(pair[:2], f"alike by {pair.like:.3f} of 1")
    yield from _more(len(look.near) - _PAIRS, "more pairs")


def _outliers(look: Look, rows: Rows) -> Iterator[str]:
    if not look.outliers:
        return
    yield shell.heading("Unlike the others")
    yield rows.several(list(look.outliers)[:_OUTLIERS], look.outliers)
    yield from _more(len(look.outliers) - _OUTLIERS, "more")


def _bad(look: Look) -> Iterator[str]:
    if not look.bad:
        return
    yield shell.heading("Cannot be used")
    listed = sorted(look.bad.items())[:100]
    yield shell.table(("file", "why"), [(shown(path), why) for path, why in listed]).replace(" class=number", "")
    yield from _more(len(look.bad) - len(listed), "more")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f'<p class="small">and {count:,} {what}</p>'
