"""Reads a CSV log, as Keras' CSVLogger writes it, as a trace. NumPy only."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from graduate.errors import UserError
from graduate.trace.logs import Logged, canonical, rising, trace_of
from graduate.trace.reader import Trace

_STEPS = ("step", "steps", "batch", "iteration", "global_step", "update")
_EPOCHS = ("epoch", "epochs")


def read(path: str | os.PathLike[str]) -> Trace:
    """The trace of a log with a row an epoch (a column `epoch`) or a row a step (a column `step` or `batch`).

    A log that another training was appended to is read on: epochs that begin again are counted on.

    Raises:
        UserError: it cannot be read, or has no loss.
    """
    rows = _rows(Path(path))
    names = rows[0] if rows else []
    known = [canonical(name) for name in names]
    counting = next((at for at, name in enumerate(names) if name.strip().lower() in _STEPS), None)
    epoch = next((at for at, name in enumerate(names) if name.strip().lower() in _EPOCHS), None)
    if "loss" not in known or len(rows) < 2:
        raise UserError(
            "is no training log: it has no column `loss`" if rows else "is empty",
            where=str(path),
            hint="Keras' CSVLogger writes one: epoch,accuracy,loss,val_accuracy,val_loss",
        )
    values = [[_number(cell) for cell in row] for row in rows[1:] if row != names and any(row)]
    if counting is not None:
        return trace_of(_by_step(known, values, counting))
    return trace_of(_by_epoch(known, values, epoch))


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(path)) from None
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    return [row for row in csv.reader(text.splitlines(), delimiter=separator) if row]


def _by_step(names: Sequence[str], rows: Sequence[Sequence[float | None]], counting: int) -> Logged:
    logged = Logged()
    for at, name in enumerate(names):
        pairs = [
            (int(number), value)
            for row in rows
            if at < len(row) and (value := row[at]) is not None and (number := row[counting]) is not None
        ]
        if at != counting and pairs and name not in _EPOCHS:
            logged.steps[name] = rising(pairs)
    return logged


def _by_epoch(names: Sequence[str], rows: Sequence[Sequence[float | None]], epoch: int | None) -> Logged:
    logged = Logged()
    for at, row in enumerate(rows):
        logs = {name: value for name, value in zip(names, row, strict=False) if value is not None}
        logs.pop("epoch", None)
        logged.epochs[at] = logs
    return logged


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:  # NA, which CSVLogger writes for what an epoch did not have, or a list
        return None
