"""A table of texts: one column of them, a class, and nothing else that says anything."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from graduate.pipeline.data import table_cells
from graduate.pipeline.data.seen_text import seen_of
from graduate.pipeline.data.table_cells import Column
from graduate.pipeline.look import folder, texts
from graduate.pipeline.look.found import Look
from graduate.pipeline.look.progress import Progress

if TYPE_CHECKING:
    from graduate.pipeline.look.table import Sample


def column(look: Look, seen: Mapping[str, Column]) -> str | None:
    """The column of texts, the one with the longest where there are several; None where the table is no such one."""
    described: dict[str, dict[str, Any]] = look.measured["columns"]
    found = [name for name, facts in described.items() if "text" in facts]
    if not found or any(facts["role"] == "feature" for facts in described.values()):
        return None
    return max(found, key=lambda name: sum(map(len, seen[name].values or ())))


def look_at(look: Look, sample: Sample, text: str, progress: Progress) -> Look:
    """The look at such a table: as of a folder of texts."""
    label = look.measured["label"]["columns"][0]
    look.task, look.source, look.nouns = "text", "texts", ("text", "texts")
    look.measured["text"] = text
    look.measured["columns"][text] |= {"role": "text"}
    look.findings = [one for one in look.findings if one.what != "of-no-use" or text not in one.paths]
    bad_rows, look.bad = dict(look.bad), {}
    cells = list(zip(sample.places, sample.column(text), sample.column(label), strict=True))
    for (place, split), content, name in cells:
        if not table_cells.is_missing(name):
            look.class_of[place] = str(name).strip()
            look.hashes[place] = hashlib.sha256(str(content).encode(errors="replace")).hexdigest()
            if split:
                look.split_of[place] = split
    texts.measure(look, _read(cells, look), progress)
    if look.bad:
        path = next(iter(look.bad))
        said = f"{len(look.bad):,} texts cannot be used: {path}: {look.bad[path]}"
        look.find("doubtful-cells", "refused", f"{said}; a run stops at them unless data.bad_rows is skip",
                  list(look.bad))  # fmt: skip
    look.measured["bad_cells"] += len(look.bad)
    look.bad |= bad_rows
    counts = Counter(look.class_of.values())
    look.classes = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return folder.conclude(look)


def _read(cells: list[Any], look: Look) -> Iterator[tuple[str, str, str | None]]:
    for (place, _), content, _ in cells:
        if place not in look.class_of:
            continue
        if not isinstance(content, str):
            yield place, "", "it is missing" if content is None else f"it is {str(content)[:40]!r}, no text"
            continue
        [seen] = seen_of([content.encode(errors="replace")])
        yield place, content, seen if isinstance(seen, str) else None
