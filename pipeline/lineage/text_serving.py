"""What serves now, as text: a block a place."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from graduate.pipeline.lineage import text_behind
from graduate.pipeline.lineage.serving import Deed, Serving
from graduate.pipeline.view import style

_FINE = ("agrees", "elsewhere", "absent", "unknown")


def text(found: Sequence[Serving], *, width: int = 100, colour: bool = False) -> str:
    """Every place."""
    paint = style.paint if colour else text_behind.plain
    return "\n\n".join("\n".join(_block(one, width, paint)) for one in found)


def deed(told: Deed, run: str) -> str:
    """`rollback to version 1795829680 (1795829695 served before), by root@vm: too many errors`."""
    by = f", by {told.who}" if told.who else ""
    why = f": {told.why}" if told.why else ""
    if told.kind == "rollback":
        was = f" ({told.was} served before)" if told.was is not None else ""
        return f"rollback to version {told.again}{was}{by}{why}"
    if told.kind == "override":
        refused = f" (refused: {' '.join(told.refused)})" if told.refused else ""
        return f"override of a refusal{by}{why}{refused}"
    return f"run {run}{by}" if run else "nobody wrote down by whom"


def _block(one: Serving, width: int, paint: text_behind.Paint) -> Iterator[str]:
    name = one.version if one.version is not None else one.folder
    yield paint(f"{one.pipeline}: version {name} serves since {_local(one.since)}", "bold")
    yield from text_behind.labelled("pushed by", deed(one.deed, one.run), width, paint)
    if one.deed.kind != "run":
        yield from text_behind.labelled("trained in", one.run, width, paint)
    yield from text_behind.labelled("metrics", text_behind.metrics(one.metrics), width, paint)
    yield from text_behind.lines(one.behind, width, paint)
    mark = "" if one.disk.state in _FINE else "! "
    disk = list(text_behind.labelled("on disk", mark + one.disk.sentence, width))
    yield from (paint(line, "yellow" if mark else "") for line in disk)


def _local(milliseconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M:%S}"
