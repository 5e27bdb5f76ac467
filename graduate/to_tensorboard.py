"""Writes what a trace holds as TensorBoard events, so that TensorBoard shows it beside everything else.

write(open_trace("runs/7/trace"), "runs/7/tensorboard")

TensorFlow is imported when something is written.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from graduate.trace import Trace

POINTS = 1000
_SERIES = ("loss", "learning_rate", "gradient_global_norm", "clipped_global_norm", "seconds", "input_seconds")
_TABLES = ("gradient_norm", "update_ratio", "weight_norm")


class EventFile:
    """One event file in `folder`, which is made.

    Tags are `loss`, `gradient_norm/dense/kernel`, `epoch/val_loss` and so on; steps are those of the trace.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        import tensorflow as tf

        Path(folder).mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{time.monotonic_ns()}"
        self.path = Path(folder, name)
        self._writer = tf.io.TFRecordWriter(str(self.path))
        self._write(0, file_version="brain.Event:2")

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append numbers by tag."""
        from tensorflow.core.framework import summary_pb2

        given = [summary_pb2.Summary.Value(tag=tag, simple_value=float(value)) for tag, value in values.items()]
        if given:
            self._write(step, summary=summary_pb2.Summary(value=given))

    def flush(self) -> None:
        """Have readers see it."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def _write(self, step: int, **what: Any) -> None:
        from tensorflow.core.util import event_pb2

        self._writer.write(event_pb2.Event(wall_time=time.time(), step=step, **what).SerializeToString())

    def __enter__(self) -> EventFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class LiveEvents:
    """An event file that grows with a training, a row a second at most; made with its first row."""

    def __init__(self, folder: str | os.PathLike[str], seconds: float = 1.0) -> None:
        self._folder, self._seconds = folder, seconds
        self._file: EventFile | None = None
        self._last = -seconds

    def row(self, step: int, columns: Mapping[str, Any], names: Sequence[str]) -> None:
        """A step's columns, a number or (V,) along `names` each."""
        if time.monotonic() - self._last < self._seconds:
            return
        self._file = self._file or EventFile(self._folder)
        self._last = time.monotonic()
        self._file.add(step, dict(_tagged({**columns, **_derived(columns)}, names)))
        self._file.flush()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


def write(trace: Trace, folder: str | os.PathLike[str], *, points: int = POINTS) -> Path:
    """Write a trace's numbers as one event file.

    Args:
        trace: of any training.
        folder: TensorBoard's log folder.
        points: at most so many steps; of a longer run evenly spread ones, and every one that is not finite.

    Returns:
        The file.
    """
    with EventFile(folder) as events:
        for at in _chosen(trace, points):
            events.add(int(trace.steps[at]), _row(trace, int(at)))
        for step, epoch in trace.told("epoch"):
            logs = epoch.get("logs") or {}
            numbers = {f"epoch/{name}": value for name, value in logs.items() if isinstance(value, int | float)}
            events.add(int(epoch.get("step") or step), numbers)
        return events.path


def _row(trace: Trace, at: int) -> dict[str, float]:
    columns = trace.columns()
    row: dict[str, Any] = {name: trace.series(name)[at] for name in _SERIES if name in columns}
    row |= {name: trace.table(name)[at] for name in _TABLES if name in columns}
    return dict(_tagged(row, [variable.name for variable in trace.facts.variables]))


def _derived(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What a trace derives when it is read."""
    found: dict[str, Any] = {}
    if "gradient_norm" in columns:
        found["gradient_global_norm"] = np.sqrt(np.nansum(np.square(columns["gradient_norm"], dtype=np.float64)))
    if {"update_norm", "weight_norm"} <= set(columns):
        with np.errstate(divide="ignore", invalid="ignore"):
            update = columns["update_norm"]
            found["update_ratio"] = np.where(update == 0, 0.0, update / columns["weight_norm"])
    return found


def _tagged(row: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, float]]:
    for column in _SERIES:
        if column in row:
            yield column, float(row[column])
    for column in _TABLES:
        for name, value in zip(names, row.get(column, ()), strict=False):
            yield f"{column}/{name}", float(value)


def _chosen(trace: Trace, points: int) -> np.ndarray:
    chosen = np.linspace(0, len(trace.steps) - 1, min(points, len(trace.steps))).astype(int)
    if "loss" in trace.columns():
        broken = np.flatnonzero(~np.isfinite(trace.series("loss")))[:points]
        chosen = np.concatenate([chosen, broken])
    return np.unique(chosen)
