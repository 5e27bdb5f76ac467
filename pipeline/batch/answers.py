"""What a model answers to a chunk: a few inputs at a time, and each bad one alone without an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from graduate.pipeline.batch.chunks import Row
from graduate.pipeline.serve.servable import Refused, Servable

_BYTES = 64 << 20  # of inputs that are in memory together
_TOGETHER = 256  # inputs that the model is asked together


class Answer(NamedTuple):
    """Of one input: the label, where there is one; probabilities or values; or why there are none."""

    name: str
    label: str | None
    values: Any
    problem: str | None


def answers(servable: Servable, rows: Iterable[Row]) -> Iterator[Answer]:
    """The answer to each input, in order."""
    for some in _together(rows):
        told = iter(_asked(servable, [row for row in some if not row.problem]))
        for row in some:
            yield Answer(row.name, None, None, row.problem) if row.problem else next(told)


def _together(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    size = 0
    for row in rows:
        some.append(row)
        size += sum(len(value) for value in row.features.values() if isinstance(value, bytes))
        if size >= _BYTES or len(some) == _TOGETHER:
            yield some
            some, size = [], 0
    if some:
        yield some


def _asked(servable: Servable, rows: Sequence[Row]) -> list[Answer]:
    """One input that the model refuses fails a whole request: then the halves are asked, until it stands alone."""
    if not rows:
        return []
    try:
        given = servable.ask(
            {name: [row.features[feature] for row in rows] for name, feature in servable.features.items()}
        )
    except Refused as error:
        if len(rows) == 1:
            return [Answer(rows[0].name, None, None, _why(servable, rows[0], error))]
        half = len(rows) // 2
        return _asked(servable, rows[:half]) + _asked(servable, rows[half:])
    values = given["probabilities" if "probabilities" in given else "values"].astype(np.float32)
    labels = [one.decode("utf-8", "replace") for one in given["label"]] if "label" in given else [None] * len(rows)
    return [Answer(row.name, label, value, None) for row, label, value in zip(rows, labels, values, strict=True)]


def _why(servable: Servable, row: Row, error: Refused) -> str:
    from graduate.pipeline.data import kinds

    task = str(servable.about.get("task"))
    if task in kinds.BY_TASK:
        [seen] = kinds.seen_of(task, [next(iter(row.features.values()))])
        if isinstance(seen, str):
            return seen
    return f"the model refuses it ({error})"
