"""Rows of a table that are the same or nearly so, and columns that give the label away."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from graduate.leakage import giveaway, near_rows, row_hashes
from graduate.pipeline.data import table_cells
from graduate.pipeline.look import near
from graduate.pipeline.look.found import Look, Pair, counted, some
from graduate.pipeline.look.progress import Progress

if TYPE_CHECKING:
    from graduate.pipeline.look.table import Sample

_ROWS, _COLUMNS = 20_000, 200  # that are compared
_COMMON = 0.05  # of the rows: where more differ in one column only, that is what the table is like


def add(look: Look, sample: Sample, progress: Progress) -> None:
    """Take note of them in the look."""
    import numpy as np

    columns = look.measured["columns"]
    features = [name for name, facts in columns.items() if facts["role"] == "feature"][:_COLUMNS]
    at = near.evenly(len(sample.rows), _ROWS)
    cells = {name: [sample.rows[row][sample.names.index(name)] for row in at] for name in features}
    label = look.measured["label"]["columns"][0]
    labels = [sample.rows[row][sample.names.index(label)] for row in at]
    progress.say(lambda: f"{len(at):,} rows compared")
    hashes = row_hashes({name: [_plain(cell) for cell in values] for name, values in cells.items()})
    with np.errstate(over="ignore"):
        whole = hashes.sum(axis=1, dtype=np.uint64).tolist()
    same: dict[int, list[int]] = defaultdict(list)
    for row, key in enumerate(whole):
        same[key].append(row)
    groups = [rows for rows in same.values() if len(rows) > 1]
    places = [sample.places[row][0] for row in at]
    look.measured["duplicates"] = sum(len(rows) - 1 for rows in groups)
    if groups:
        text = f"{counted(look.measured['duplicates'], look.nouns)} the same as another, but for what is left out"
        named = [places[row] for row in groups[0]]
        look.find("duplicates", "note", f"{text}, such as {some(named)}", named, look.measured["duplicates"])
    _across(look, sample, at, groups)
    if look.measured["label"]["target"] == "class":
        noisy = [rows for rows in groups if len({str(labels[row]).strip() for row in rows}) > 1]
        if noisy:
            named = [places[row] for row in noisy[0]]
            text = f"{len(noisy):,} rows are the same and have different labels, such as {some(named)}"
            look.find("label-noise", "warning", text, named, len(noisy))
        _giveaway(look, cells, [str(one).strip() for one in labels])
    first = [rows[0] for rows in same.values()]
    _near(look, hashes, first, places)


def _plain(cell: Any) -> Any:
    if table_cells.is_missing(cell):
        return None
    number = table_cells.number(cell)
    return cell if number is None else number


def _across(look: Look, sample: Sample, at: list[int], groups: list[list[int]]) -> None:
    across = [rows for rows in groups if len({sample.places[at[row]][1] for row in rows}) > 1]
    if across:
        named = [sample.places[at[row]][0] for row in across[0]]
        text = f"{len(across):,} rows lie in two splits, so that what was learned is graded: {some(named)}"
        look.find("split-leak", "refused", text, named, len(across))


def _near(look: Look, hashes: Any, first: list[int], places: list[str]) -> None:
    columns = hashes.shape[1]
    rows = hashes[first]
    found = near.within(
        len(first),
        lambda a, b: ((i, j, 1 - n / columns) for i, j, n in near_rows(rows[list(a)], rows[list(b)])),
    )
    if not found or len(found) > _COMMON * len(first):
        return
    look.near = [Pair(places[first[a]], places[first[b]], round(like, 3)) for a, b, like in found]
    pair = look.near[0]
    text = f"{len(found):,} pairs of rows that differ in one column, such as {some([pair.first, pair.second])}"
    look.find("near-duplicates", "note", text, pair[:2], len(found))


def _giveaway(look: Look, cells: dict[str, list[Any]], labels: list[str]) -> None:
    features: dict[str, list[Any]] = {}
    for name, values in cells.items():
        if look.measured["columns"][name]["kind"] == "number":
            numbers = [table_cells.number(cell) for cell in values]
            features[name] = [math.nan if one is None or math.isinf(one) else one for one in numbers]
        else:
            features[name] = ["" if table_cells.is_missing(cell) else str(cell).strip() for cell in values]
    for one in giveaway(features, labels):
        look.measured["columns"][one.feature]["gives_away"] = round(one.right, 4)
        text = (
            f"{one.feature} alone tells the label of {one.right:.1%} of the rows (the largest class has "
            f"{one.majority:.1%}): was it filled in afterwards?"
        )
        look.find("gives-the-label-away", "warning", text, (one.feature,))
