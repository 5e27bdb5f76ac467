"""Reads a trace: what survived, column by column. NumPy only."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import UserError
from graduate.trace import format as layout
from graduate.trace.facts import Event, RunFacts, Told


@dataclass(frozen=True)
class _Part:
    """The surviving rows of a block, as numbers within it."""

    block: layout.Block
    first: int
    last: int


class Trace:
    """A read-only trace; after a rollback or resume, of the surviving branch.

    Attributes:
        facts: of the run.
        steps: (T,) int64, rising.
        events: in the order in which they happened, those of dead branches too: that something was undone is known.
    """

    def __init__(
        self,
        header: layout.Header,
        content: bytes,
        parts: Mapping[int, Sequence[_Part]],
        events: Sequence[Event],
        told: Sequence[Told] = (),
        until: int | None = None,
    ) -> None:
        self.facts: RunFacts = header.facts
        self._header, self._content, self._parts, self._until = header, content, parts, until
        self._cache: dict[str, np.ndarray] = {}
        self._steps = {group: self._steps_of(group) for group in range(len(header.groups))}
        self.steps = self._steps[0]
        self.events = tuple(events)
        self._told = tuple(told)
        self.known: Mapping[str, Any] = {one.name: one.value for one in self._told}
        self._where = {c.name: (g, c) for g, group in enumerate(header.groups) for c in group.columns}

    def columns(self) -> frozenset[str]:
        """Names of all columns that hold at least one row, derived ones included."""
        stored = {name for name, (group, _) in self._where.items() if len(self._steps[group])}
        return frozenset(stored | {name for name, (needs, _) in DERIVED.items() if needs <= stored})

    def series(self, column: str) -> np.ndarray:
        """float32 (T,): one value a step; NaN at steps where a column of a slower beat was not measured."""
        return self._get(column, 1)

    def table(self, column: str) -> np.ndarray:
        """float32 (T, V): a row a step, along `facts.variables` unless the column is of something else."""
        return self._get(column, 2)

    def told(self, name: str) -> list[tuple[int, Any]]:
        """(step, value) of all that was told under `name`, in order."""
        return [(one.step, one.value) for one in self._told if one.name == name]

    def has(self, need: str) -> bool:
        """Whether the trace has the column `need`, or, for `told:probe`, was told a `probe`."""
        return need[5:] in self.known if need.startswith("told:") else need in self.columns()

    def measured(self, column: str) -> np.ndarray:
        """int64: the steps at which `column` was measured; all of `steps` for those of the first group."""
        self._must_have(column)
        return self.steps if column in DERIVED else self._steps[self._where[column][0]]

    def until(self, step: int) -> Trace:
        """The trace as it was after `step`, on the surviving branch."""
        last = step if self._until is None else min(step, self._until)
        events = [event for event in self.events if event.step <= step]
        told = [one for one in self._told if one.step <= step]
        return Trace(self._header, self._content, self._parts, events, told, last)

    def with_story(self, events: Sequence[Event], told: Sequence[Told]) -> Trace:
        """The same columns with other events and told facts."""
        return Trace(self._header, self._content, self._parts, events, told, self._until)

    def _get(self, column: str, dimensions: int) -> np.ndarray:
        self._must_have(column)
        if column not in self._cache:
            found = DERIVED[column][1](self) if column in DERIVED else self._stored(column)
            found.flags.writeable = False
            self._cache[column] = found
        found = self._cache[column]
        if found.ndim != dimensions:
            right = "series" if found.ndim == 1 else "table"
            raise ValueError(f"column {column!r} is a {right}: use .{right}({column!r})")
        return found

    def _must_have(self, column: str) -> None:
        if column not in self.columns():
            raise KeyError(f"the trace has no column {column!r}; it has {', '.join(sorted(self.columns()))}")

    def _stored(self, name: str) -> np.ndarray:
        group, column = self._where[name]
        columns = self._header.groups[group].columns
        before = sum(c.values for c in columns[: columns.index(column)])
        shape = (-1, column.width) if column.width else (-1,)
        pieces = []
        for part in self._parts.get(group, ()):
            start = part.block.start + part.block.rows * (8 + 4 * before)
            values = np.frombuffer(self._content, "<f4", part.block.rows * column.values, start)
            pieces.append(values.reshape(shape)[part.first : part.last])
        empty = np.zeros((0, column.width) if column.width else 0, np.float32)
        found = np.concatenate([empty, *pieces])[: len(self._steps[group])]
        return found if group == 0 else self._aligned(group, found)

    def _aligned(self, group: int, found: np.ndarray) -> np.ndarray:
        """Rows of another group at the next step of the first one, or its last; NaN elsewhere."""
        spread = np.full((len(self.steps), *found.shape[1:]), np.nan, np.float32)
        if len(self.steps):
            spread[np.minimum(np.searchsorted(self.steps, self._steps[group]), len(self.steps) - 1)] = found
        return spread

    def _steps_of(self, group: int) -> np.ndarray:
        pieces = [
            np.frombuffer(self._content, "<i8", part.block.rows, part.block.start)[part.first : part.last]
            for part in self._parts.get(group, ())
        ]
        steps = np.concatenate([np.zeros(0, np.int64), *pieces]).astype(np.int64)
        if self._until is not None:
            steps = steps[: np.searchsorted(steps, self._until, "right")]
        steps.flags.writeable = False
        return steps


def open_trace(path: str | os.PathLike[str]) -> Trace:
    """Read the trace in the folder `path`; one that is being written too, as far as its blocks are whole.

    Raises:
        UserError: there is no trace, it is damaged, or of a newer version.
    """
    folder = Path(path)
    header = layout.read_header(folder)
    try:
        content = (folder / layout.BLOCKS).read_bytes()
    except FileNotFoundError:
        content = b""
    except OSError as error:
        raise UserError(f"cannot read {folder / layout.BLOCKS}: {error.strerror}") from None
    return parse(header, content)


def parse(header: layout.Header, content: bytes) -> Trace:
    """The trace whose blocks are `content`."""
    parts, events, told = _survivors(header, content)
    return Trace(header, content, parts, events, told)


def _survivors(header: layout.Header, content: bytes) -> tuple[dict[int, list[_Part]], list[Event], list[Told]]:
    parts: dict[int, list[_Part]] = {group: [] for group in range(len(header.groups))}
    events: list[Event] = []
    told: list[Told] = []
    branch = 0
    for block in layout.scan(content, header.groups):
        if block.branch > branch:
            branch = block.branch
            for group, found in parts.items():
                parts[group] = _cut(found, block.base, content)
            told = [one for one in told if one.step <= block.base]
        if block.kind == layout.EVENT:
            stored = json.loads(content[block.start : block.start + block.length])
            events.append(Event(stored["step"], stored["kind"], stored["detail"]))
        elif block.kind == layout.TOLD:
            stored = json.loads(content[block.start : block.start + block.length])
            told.append(Told(stored["step"], stored["name"], stored["value"]))
        elif block.kind == layout.ROWS and block.rows:
            parts[block.group].append(_Part(block, 0, block.rows))
    return parts, events, told


def _cut(parts: Sequence[_Part], base: int, content: bytes) -> list[_Part]:
    """Without the rows beyond the step `base`."""
    kept = []
    for part in parts:
        steps = np.frombuffer(content, "<i8", part.block.rows, part.block.start)
        last = min(part.last, int(np.searchsorted(steps, base, "right")))
        if last > part.first:
            kept.append(_Part(part.block, part.first, last))
    return kept


def _update_ratio(trace: Trace) -> np.ndarray:
    """‖Δw‖ / ‖w‖ of each variable; 0 where nothing moved, also where all weights are zero."""
    update, weight = trace.table("update_norm"), trace.table("weight_norm")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(update == 0, np.float32(0), update / weight)


def _global_norm(trace: Trace) -> np.ndarray:
    """The norm of all gradients together, before clipping. In double precision: squares overflow early.

    A variable without a gradient, whose count of elements that are not finite is NaN itself, does not count.
    """
    counted = trace.table("gradient_norm")
    if "gradient_nonfinite" in trace.columns():
        counted = np.where(np.isnan(trace.table("gradient_nonfinite")), np.float32(0), counted)
    return np.sqrt(np.square(counted, dtype=np.float64).sum(1)).astype(np.float32)


# Not stored: what the stored columns say already.
DERIVED: dict[str, tuple[frozenset[str], Callable[[Trace], np.ndarray]]] = {
    "update_ratio": (frozenset({"update_norm", "weight_norm"}), _update_ratio),
    "gradient_global_norm": (frozenset({"gradient_norm"}), _global_norm),
}
