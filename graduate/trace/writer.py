"""Writes a trace: appends blocks, never touches what is there."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from graduate.errors import UsageError, UserError
from graduate.files import write_json
from graduate.trace import format as layout
from graduate.trace.facts import Event, RunFacts
from graduate.trace.thinning import thinned

SYNC_SECONDS = 10.0
MOST_BYTES = 1 << 29


class TraceWriter:
    """Appends to the trace in `folder`, which is made, or gone on with where it is there.

    A block is one `write`: when the process is killed the kernel has all blocks before it. The disk is told to keep
    them (fsync) every `sync_seconds`, with every event and at the end, so that a power cut costs that much at most.

    Args:
        folder: the trace.
        facts: of the run.
        groups: the columns; the first group gives the trace its steps.
        sync_seconds: see above; 0 syncs every block.
        most_bytes: beyond it the older part is thinned, see `graduate.trace.thinning`; None never thins.

    Raises:
        UserError: the trace cannot be read, or another writer has it open.
        UsageError: the trace in `folder` is of other variables or columns.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        facts: RunFacts,
        groups: Sequence[layout.Group],
        *,
        sync_seconds: float = SYNC_SECONDS,
        most_bytes: int | None = MOST_BYTES,
    ) -> None:
        self.folder, self.groups = Path(folder), tuple(groups)
        _check(self.groups)
        existing = (self.folder / layout.HEADER).exists()
        if existing:
            self._must_fit(layout.read_header(self.folder), facts)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._file = open(self.folder / layout.BLOCKS, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        try:
            _lock(self._file, self.folder)
            if not existing:
                self._file.truncate(0)  # blocks without a header are of nobody
                write_json(self.folder / layout.HEADER, layout.Header(facts, self.groups).to_json())
            self._branch, self._base, self.last_step = self._go_on()
        except BaseException:
            self._file.close()
            raise
        self._sync_seconds, self._synced = sync_seconds, time.monotonic()
        self._most_bytes = most_bytes

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written."""
        return os.fstat(self._file.fileno()).st_size == 0

    def rows(self, group: int, steps: np.ndarray, columns: Sequence[np.ndarray]) -> None:
        """Append a block.

        Args:
            group: position of the group.
            steps: (n,) rising, beyond all steps of this group on this branch.
            columns: in the group's order, (n,) each or (n, width).
        """
        steps = np.asarray(steps, np.int64)
        if not len(steps):
            return
        if steps[0] <= self.last_step[group] or np.any(np.diff(steps) <= 0):
            raise ValueError(f"steps must rise: {steps[0]} after {self.last_step[group]}")
        payload = layout.rows_payload(self.groups[group], steps, columns)
        self._append(layout.ROWS, group, len(steps), payload)
        self.last_step[group] = int(steps[-1])
        if self._most_bytes is not None and os.fstat(self._file.fileno()).st_size > self._most_bytes:
            self._thin()

    def event(self, event: Event) -> None:
        """Append an event; it is on the disk when this returns."""
        text = json.dumps({"step": event.step, "kind": event.kind, "detail": dict(event.detail)}, sort_keys=True)
        self._append(layout.EVENT, 0, 0, text.encode(), sync=True)

    def tell(self, step: int, name: str, value: Any) -> None:
        """Append what was found out after `step` beside the columns: JSON, under a name of docs/facts.md."""
        self._append(layout.TOLD, 0, 0, json.dumps({"step": step, "name": name, "value": value}).encode())

    def branch(self, step: int) -> None:
        """Go on from after `step`: rows beyond it stay on disk, off the surviving branch."""
        self._branch, self._base = self._branch + 1, step
        self.last_step = [min(last, step) for last in self.last_step]
        self._append(layout.ROWS, 0, 0, b"", sync=True)

    def sync(self) -> None:
        """Have the disk keep what was written."""
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and close; a second time does nothing."""
        if not self._file.closed:
            self.sync()
            self._file.close()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _append(self, kind: int, group: int, rows: int, payload: bytes, sync: bool = False) -> None:
        framed = memoryview(layout.frame(kind, group, self._branch, self._base, rows, payload))
        while framed:  # a full disk raises, and leaves a torn block behind
            framed = framed[self._file.write(framed) :]
        if sync or time.monotonic() - self._synced >= self._sync_seconds:
            self.sync()

    def _thin(self) -> None:
        """Write a thinner file aside and put it in the place of this one; readers have the one or the other."""
        path = self.folder / layout.BLOCKS
        aside = path.with_suffix(".thin")
        aside.write_bytes(thinned(path.read_bytes(), self.groups))
        opened = open(aside, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        _lock(opened, self.folder)
        os.fsync(opened.fileno())
        os.replace(aside, path)
        self._file.close()
        self._file = opened
        # what cannot get much thinner must not be read again with every block
        self._most_bytes = max(self._most_bytes or 0, int(1.3 * os.fstat(opened.fileno()).st_size))

    def _go_on(self) -> tuple[int, int, list[int]]:
        """Branch, its base and the last step of each group; cuts off what a killed writer left half written."""
        content = (self.folder / layout.BLOCKS).read_bytes()
        branch, base, end = 0, 0, 0
        last = [-1] * len(self.groups)
        for block in layout.scan(content, self.groups):
            if block.branch > branch:
                branch, base = block.branch, block.base
                last = [min(step, base) for step in last]
            if block.kind == layout.ROWS and block.rows:
                steps = np.frombuffer(content, "<i8", block.rows, block.start)
                last[block.group] = int(steps[-1])
            end = block.end
        if end < len(content):
            self._file.truncate(end)
        return branch, base, last

    def _must_fit(self, found: layout.Header, facts: RunFacts) -> None:
        """Shapes and not names: in those Keras counts what was built before in the process."""
        other = [v.shape for v in found.facts.variables] != [v.shape for v in facts.variables]
        if other or found.groups != self.groups:
            raise UsageError(
                f"the trace in {self.folder} has other {'variables' if other else 'columns'} than this training",
                hint="give the recorder another folder, or remove that one",
            )


def _check(groups: Sequence[layout.Group]) -> None:
    names = [column.name for group in groups for column in group.columns]
    if not groups or len(set(names)) < len(names):
        raise UsageError("a trace needs a group of columns, and every column a name of its own")


def _lock(opened: Any, folder: Path) -> None:
    """One writer at a time; the kernel lets go when the process ends, however it ends."""
    with contextlib.suppress(ImportError):  # Windows has no flock
        import fcntl

        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"somebody else is writing the trace in {folder}", hint="a writer lets go of it when it is closed"
            ) from None
        except OSError:  # a file system without locks
            return
