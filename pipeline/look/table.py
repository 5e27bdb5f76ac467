"""A look at a table: what its columns are, which of them is the label, and what about them is odd."""

from __future__ import annotations

import csv
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graduate.errors import DataError
from graduate.pipeline.data import table_cells, table_files, table_rows
from graduate.pipeline.data.listing import File, Listing, shown
from graduate.pipeline.data.table_cells import Column
from graduate.pipeline.look import classes, table_columns, table_label, table_texts, table_twins
from graduate.pipeline.look.found import Look
from graduate.pipeline.look.place import Place
from graduate.pipeline.look.progress import Progress

_CELLS = 800_000  # that are looked at: a few seconds
_FEWEST = 2_000  # rows that are looked at however many columns there are
_ROWS = 5_000_000  # that are read


@dataclass
class Sample:
    """Rows of all files, evenly spread.

    Attributes:
        names: of the columns.
        rows: cells in the order of `names`.
        places: `file#000012` of each, and its ready-made split.
        total: rows that there are, in all and by split.
        bad: rows that are none, of all: why.
        every: one row of so many is in the sample.
    """

    names: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    places: list[tuple[str, str | None]] = field(default_factory=list)
    total: Counter[str | None] = field(default_factory=Counter)
    bad: dict[str, str] = field(default_factory=dict)
    bads: int = 0
    every: int = 1

    def column(self, name: str) -> list[Any]:
        """Its cells."""
        at = self.names.index(name)
        return [row[at] for row in self.rows]


def look_at(place: Place, path: str, progress: Progress, label: Sequence[str] = ()) -> Look:
    """Everything that is seen of a table.

    Args:
        place: where it lies.
        path: as it was asked for.
        progress: says how far it is.
        label: the label columns; empty: the one that looks like it.

    Raises:
        DataError: it cannot be read, or its first line names no columns.
        UsageError: no column is the label without doubt, or a column of `label` is not there.
    """
    listing = table_files.scan(place.path)
    _check_splits(listing)
    for file in listing.files:
        _check_header(os.path.join(listing.root, file.path))
    sample = _read(listing, progress)
    look = Look(path, "table", "table", place.path, sample.total.total(), ("row", "rows"))
    look.splits = {split: sample.total[split] for split in listing.splits}
    look.measured["looked_at"] = len(sample.rows)
    if place.note:
        look.find("not-read", "note", place.note)
    if sample.every > 1:
        text = f"{len(sample.rows):,} of {look.rows:,} rows were looked at, every {sample.every:,}th"
        look.find("sampled", "note", text)
    if table_rows.passes_over_a_column(os.path.join(listing.root, listing.files[0].path)):
        text = "the first column has no name: pandas and R write the numbers of rows there, and it is not read"
        look.find("not-read", "note", text)
    _bad_rows(look, sample)
    seen: dict[str, Column] = {}
    for name in progress.over(sample.names, "columns looked at"):
        seen[name] = Column()
        seen[name].look(sample.column(name))
    chosen = table_label.choose(seen, len(sample.rows), label, path)
    look.measured["label"] = chosen.to_json()
    look.measured["columns"] = table_columns.described(look, seen, chosen, len(sample.rows))
    if chosen.target == "class" and (of_texts := table_texts.column(look, seen)):
        return table_texts.look_at(look, sample, of_texts, progress)
    _label(look, sample, chosen)
    table_twins.add(look, sample, progress)
    look.measured["_sample"] = sample
    return look


def _check_splits(listing: Listing) -> None:
    if listing.splits and "eval" not in listing.splits:
        raise DataError(
            f"{shown(listing.root)} holds {' and '.join(file.path for file in listing.files)} and no eval file, on "
            "which a training is watched",
            hint="rename the test file to eval, which then grades the model too; or keep one file: it is split for you",
        )


def _check_header(path: str) -> None:
    """A first line that is a row: what stands in it is of the kind of what stands below it."""
    if not path.lower().endswith((".csv", ".tsv")):
        return
    try:
        with open(path, encoding="utf-8-sig", newline="") as opened:
            lines = [line for _, line in zip(range(51), opened, strict=False)]
    except (UnicodeDecodeError, OSError):
        return  # said better by who reads it
    separator = (
        "\t"
        if path.lower().endswith(".tsv")
        else next((one for one in table_rows.SEPARATORS if one in "".join(lines[:1])), ",")
    )
    try:
        first, *below = [row for row in csv.reader(lines, delimiter=separator, skipinitialspace=True) if row]
    except (ValueError, csv.Error):
        return
    columns = list(zip(*[row for row in below if len(row) == len(first)], strict=False))
    if not columns:
        return
    numeric = [
        all(table_cells.number(cell) is not None or table_cells.is_missing(cell) for cell in one) for one in columns
    ]
    fits = [
        table_cells.number(head) is not None if is_number else head in cells
        for head, is_number, cells in zip(first, numeric, columns, strict=True)
    ]
    if any(numeric) and all(fits):
        raise DataError(
            f"the first line of {shown(os.path.basename(path))} is a row and no header: {', '.join(first[:5])}",
            hint="put a line with the names of the columns before it",
        )


def _read(listing: Listing, progress: Progress) -> Sample:
    sample = Sample()
    for file in listing.files:
        known: dict[str, None] = {}
        for some in table_rows.read(os.path.join(listing.root, file.path)):
            known |= dict.fromkeys(some.names)
            if not sample.names or file is listing.files[0]:
                _widen(sample, some.names)
            _take(sample, file, some)
            progress.say(lambda: f"{sample.total.total():,} rows read")
            if sample.total.total() >= _ROWS:
                break
        if odd := sorted(set(known) ^ set(sample.names)):
            raise DataError(f"{shown(file.path)} has other columns than {listing.files[0].path}: {', '.join(odd[:5])}")
    if not sample.rows:
        raise DataError(
            f"no row of {shown(listing.files[0].path)} fits its first line: {next(iter(sample.bad.values()), 'none')}",
            hint="the first line names the columns, one name a cell",
        )
    return sample


def _widen(sample: Sample, names: Sequence[str]) -> None:
    """Lines of JSON may bring names that those before did not have."""
    fresh = [name for name in names if name not in sample.names]
    sample.names += fresh
    for row in sample.rows if fresh else ():
        row += [None] * len(fresh)


def _take(sample: Sample, file: File, some: table_rows.Some) -> None:
    most = max(_FEWEST, _CELLS // max(1, len(sample.names)))
    for position, row in enumerate(some.rows, some.position):
        if isinstance(row, table_rows.Bad):
            sample.bads += 1
            if len(sample.bad) < 100:
                sample.bad[f"{file.path}#{position:06d}"] = str(row)
            continue
        number = sample.total.total()
        sample.total[file.split] += 1
        if number % sample.every:
            continue
        given = dict(zip(some.names, row, strict=True))
        sample.rows.append([given.get(name) for name in sample.names])
        sample.places.append((f"{file.path}#{position:06d}", file.split))
        if len(sample.rows) > most:
            sample.rows, sample.places, sample.every = sample.rows[::2], sample.places[::2], 2 * sample.every


def _bad_rows(look: Look, sample: Sample) -> None:
    look.bad = dict(sample.bad)
    look.measured["bad_rows"] = sample.bads
    if sample.bads:
        text = f"{sample.bads:,} rows are none: {next(iter(sample.bad.values()))}"
        look.find("doubtful-rows", "refused", f"{text}; a run stops at them unless data.bad_rows is skip",
                  list(sample.bad), sample.bads)  # fmt: skip


def _label(look: Look, sample: Sample, chosen: table_label.Label) -> None:
    if chosen.target == "class":
        cells = [cell for cell in sample.column(chosen.columns[0]) if not table_cells.is_missing(cell)]
        counts = Counter(str(cell).strip() for cell in cells)
        look.classes = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        classes.counts(look)
        return
    if chosen.target == "number":
        values = [table_cells.number(cell) for cell in sample.column(chosen.columns[0])]
        known = [value for value in values if value is not None and math.isfinite(value)]
        from graduate.pipeline.look.found import quantiles

        look.measured["label_values"] = quantiles(known)
        return
    shares = {}
    for name in chosen.columns:
        found = [str(cell).strip().lower() for cell in sample.column(name) if not table_cells.is_missing(cell)]
        shares[name] = round(sum(cell in table_label.TRUE for cell in found) / max(1, len(found)), 4)
    look.measured["label_shares"] = shares
