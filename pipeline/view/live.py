"""The view of a run in progress, on stderr: a live table on a terminal, a line an event elsewhere."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from graduate.pipeline.view import style
from graduate.pipeline.view.state import Row, RunState, progress_parts, share

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NAME, _TIME = 19, 8  # columns: the longest node, the longest time
_ALARMS = 3  # of a node, the last ones
_LEAST = 8  # a last column with less room is left out
_LEFT = 1 + _NAME + _TIME + 6  # with padding, and room for the `^C` that a terminal echoes


def open_view(nodes: Sequence[str], title: str, stream: TextIO, *, log: Path | None = None) -> Lines | Table:
    """The view for a stream.

    Args:
        nodes: those of the run, in order.
        title: what stands above the table.
        stream: a terminal, or not.
        log: copy this log to stderr as it grows (`--debug`), which no live table would survive.
    """
    if log is not None:
        return Debug(stream, log)
    if (
        stream.isatty()
        and style.capable()
        and (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
    ):
        return Table(nodes, title, stream)
    return Lines(stream)


class Lines:
    """A line for every node that ends, and one for every tenth of a training."""

    refresh_seconds: float | None = None

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._state = RunState()
        self._tenths: dict[str, int] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def handle(self, event: Mapping[str, Any]) -> None:
        """Show one event."""
        row = self._state.handle(event)
        if row is None:
            return
        if event["event"] in ("note", "alarm"):
            self._say(row, event.get("text") or "")
        elif event["event"] == "progress":
            tenth = int(10 * share(event))
            if tenth != self._tenths.get(row.node, 0):
                self._tenths[row.node] = tenth
                self._say(row, "  ".join([*progress_parts(event), *_left(event)]))
        elif row.state != "running":
            reason = "" if row.state == "failed" else row.reason  # the error follows
            self._say(row, f"{row.state:<8}{style.seconds(row.seconds):>9}  {reason}")

    def tick(self) -> None:
        """Nothing moves between events."""

    def _say(self, row: Row, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the reader may have gone; the run goes on
            print(f"{row.node:<{_NAME + 1}}{text}".rstrip(), file=self._stream, flush=True)


class Debug(Lines):
    """Lines, with everything that TFX, Beam and TensorFlow say between them."""

    def __init__(self, stream: TextIO, log: Path) -> None:
        from graduate.pipeline.supervise.log_tail import LogTail

        super().__init__(stream)
        self._tail = LogTail(log)
        self.refresh_seconds = LogTail.refresh_seconds

    def __exit__(self, *exception: object) -> None:
        self._tail.close()

    def handle(self, event: Mapping[str, Any]) -> None:
        self._tail.pump()
        super().handle(event)

    def tick(self) -> None:
        self._tail.pump()


class Table:
    """All nodes with state and time; beside the one that trains a bar, step, loss, accuracy, speed, time left.

    It is drawn in the caller's thread, and vanishes at the end: the summary says it all again. Where a node failed or
    was interrupted, there is no summary, and the table stays.
    """

    refresh_seconds: float | None = 0.2

    def __init__(self, nodes: Sequence[str], title: str, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._title, self._stream, self._start, self._drawn = title, stream, time.monotonic(), 0.0
        self._state = RunState.of(nodes)
        console = Console(file=stream, highlight=False, no_color=bool(os.environ.get("NO_COLOR")) or None)
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self._broken = False

    def __enter__(self) -> Table:
        self._guarded(self._live.start)
        self._draw()
        return self

    def __exit__(self, *exception: object) -> None:
        rows = self._state.rows.values()
        for row in rows:
            if row.state == "running":
                row.state, row.seconds = "interrupted", time.monotonic() - row.since
        self._live.transient = not any(row.state in ("failed", "interrupted") for row in rows)
        self._draw()
        self._guarded(self._live.stop)

    def handle(self, event: Mapping[str, Any]) -> None:
        """Take one event in."""
        self._state.handle(event)

    def tick(self) -> None:
        """Draw, but no more often than the eye can follow: events may come in bursts."""
        if time.monotonic() - self._drawn >= self.refresh_seconds / 2:  # type: ignore[operator]
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._guarded(self._measure)
        self._guarded(lambda: self._live.update(self._table(), refresh=True))

    def _measure(self) -> None:
        """The size of this very terminal, each time: rich would ask stdin's."""
        columns, lines = os.get_terminal_size(self._stream.fileno())
        if columns > 0 and lines > 0:  # a serial console may say 0
            self._live.console.size = (columns, lines)

    def _guarded(self, draw: Any) -> None:
        """A terminal that is gone must not end the run."""
        if not self._broken:
            try:
                draw()
            except (OSError, ValueError):
                self._broken = True

    def _table(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table as Grid
        from rich.text import Text

        now = time.monotonic()
        room = max(0, self._live.console.width - _LEFT)
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(width=1)
        grid.add_column(no_wrap=True, width=_NAME)
        grid.add_column(no_wrap=True, width=_TIME, justify="right")
        if room >= _LEAST:
            grid.add_column(no_wrap=True, overflow="ellipsis", width=room)
        for row in self._visible():
            grid.add_row(*_cells(row, now, room)[: len(grid.columns)])
            for alarm in row.alarms[-_ALARMS:] if room >= _LEAST else ():
                grid.add_row("", "", "", Text(f"! {alarm}", "yellow"))
        title = Text(f"{self._title}  ", style="bold", no_wrap=True, overflow="ellipsis")
        title.append(style.seconds(now - self._start), style="dim")
        if all(row.state == "waiting" for row in self._state.rows.values()):
            title.append("  starting", style="dim")
        return Group(title, grid)

    def _visible(self) -> list[Row]:
        """All rows; on a terminal with too few lines those around what is in progress."""
        rows = list(self._state.rows.values())
        alarms = sum(len(row.alarms[-_ALARMS:]) for row in rows)
        room = max(1, self._live.console.size.height - 2 - alarms)
        if len(rows) <= room:
            return rows
        started = [at for at, row in enumerate(rows) if row.state != "waiting"]
        last = min(len(rows), max(room, (started[-1] if started else 0) + 2))
        return rows[last - room : last]


def _cells(row: Row, now: float, width: int) -> tuple[Text, Text, str, Text]:
    from rich.text import Text

    if row.state == "waiting":
        return Text("·", "dim"), Text(row.node, "dim"), "", Text(row.reason, "dim")
    if row.state == "running":
        passed = now - row.since
        detail = _bar(row.progress, width) if row.progress else Text(row.reason, "dim")
        return (
            Text(_SPINNER[int(now * 5) % len(_SPINNER)], "yellow"),
            Text(row.node, "bold"),
            style.seconds(passed),
            detail,
        )
    icon, colour = style.ICONS[row.state]
    reason = "" if row.state == "failed" else row.reason
    return (
        Text(icon, colour),
        Text(row.node, colour if row.state == "failed" else ""),
        style.seconds(row.seconds),
        Text(reason, "dim"),
    )


def _bar(progress: Mapping[str, Any], width: int) -> Text:
    """A bar as long as there is room for beside the numbers; none where that is too little to see."""
    from rich.text import Text

    steps, *measured = progress_parts(progress)
    steps, numbers = steps.removeprefix("step "), " ".join([*measured, *_left(progress)])
    length = min(20, width - len(steps) - len(numbers) - 2)
    text = Text()
    if length >= 4:
        done = round(length * share(progress))
        text.append("━" * done, "yellow").append("━" * (length - done), "dim").append(" ")
    return text.append(f"{steps} ", "bold").append(numbers)


def _left(progress: Mapping[str, Any]) -> list[str]:
    left = progress.get("seconds_left")
    return [f"{style.seconds(left)} left"] if isinstance(left, int | float) and left > 0 else []
