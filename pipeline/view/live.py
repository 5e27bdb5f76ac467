"""The live view: a table of nodes on a terminal, a line an event elsewhere. It writes to stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_ICONS = {"ran": ("✓", "green"), "cached": ("↺", "cyan"), "skipped": ("–", "dim"), "failed": ("✗", "red")}


def open_view(nodes: Sequence[str], title: str, stream: TextIO | None = None) -> Lines | Table:
    """The view for a stream: a live table where it is a terminal that can draw one."""
    stream = stream or sys.stderr
    import os

    if stream.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return Table(nodes, title, stream)
    return Lines(stream)


class Lines:
    """A line for every node that ends, and for every tenth of a training."""

    refresh_seconds: float | None = None

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._tenths: dict[str, int] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def handle(self, event: Mapping[str, Any]) -> None:
        """Show one event."""
        if event["event"] == "node" and event["state"] != "running":
            reason = f"  {event['reason']}" if event.get("reason") else ""
            self._say(f"{event['node']:<17} {event['state']:<8} {event['seconds']:6.1f} s{reason}")
        elif event["event"] == "note":
            self._say(f"{event['node']:<17} {event['text']}")
        elif event["event"] == "progress":
            tenth = int(10 * event["step"] / max(event["steps"], 1))
            if tenth > self._tenths.get(event["node"], 0):
                self._tenths[event["node"]] = tenth
                self._say(f"{event['node']:<17} {_training(event)}")

    def tick(self) -> None:
        """Nothing moves between events."""

    def _say(self, text: str) -> None:
        try:
            print(text, file=self._stream, flush=True)
        except OSError:
            pass  # the reader has gone; the run goes on


class Table:
    """All nodes with state and time; under the one that trains, a bar with step, loss, accuracy, speed, time left."""

    refresh_seconds: float | None = 0.125

    def __init__(self, nodes: Sequence[str], title: str, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._title, self._start = title, time.monotonic()
        self._nodes: dict[str, dict[str, Any]] = {node: {"state": "waiting"} for node in nodes}
        self._progress: Mapping[str, Any] | None = None
        self._live = Live(console=Console(file=stream), auto_refresh=False, transient=True)

    def __enter__(self) -> Table:
        self._live.__enter__()
        self.tick()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.__exit__(None, None, None)

    def handle(self, event: Mapping[str, Any]) -> None:
        """Take one event in; `tick` draws."""
        if event["event"] == "node":
            known = self._nodes.setdefault(event["node"], {})
            known.update(event)
            if event["state"] == "running":
                known["since"] = time.monotonic()
        elif event["event"] == "note":
            self._nodes.setdefault(event["node"], {"state": "waiting"})["reason"] = event["text"]
        elif event["event"] == "progress":
            self._progress = event

    def tick(self) -> None:
        """Draw."""
        self._live.update(self._draw(), refresh=True)

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.table import Table as Grid
        from rich.text import Text

        now = time.monotonic()
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(width=1)
        grid.add_column(width=17)
        grid.add_column(justify="right", width=7)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        for node, known in self._nodes.items():
            grid.add_row(*self._row(node, known, now))
        parts: list[Any] = [Text(f"{self._title}  {now - self._start:.0f} s", style="bold"), grid]
        return Group(*parts)

    def _row(self, node: str, known: Mapping[str, Any], now: float) -> tuple[Any, ...]:
        from rich.text import Text

        state = known["state"]
        if state == "running":
            frame = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"[int(now * 8) % 10]
            training = self._progress is not None and self._progress["node"] == node
            detail = _training(self._progress) if training and self._progress else known.get("reason", "")
            return Text(frame, "yellow"), Text(node, "bold"), f"{now - known['since']:.1f} s", Text(detail, "yellow")
        if state == "waiting":
            return Text("·", "dim"), Text(node, "dim"), "", ""
        icon, style = _ICONS[state]
        return Text(icon, style), node, f"{known['seconds']:.1f} s", Text(known.get("reason") or "", "dim")


def _training(progress: Mapping[str, Any]) -> str:
    done = progress["step"] / max(progress["steps"], 1)
    bar = "━" * round(12 * done) + "╌" * (12 - round(12 * done))
    parts = [f"{bar} {progress['step']}/{progress['steps']}"]
    for key, text in (("loss", "loss {:.3f}"), ("accuracy", "acc {:.3f}"), ("steps_per_second", "{:.0f} steps/s")):
        if progress.get(key) is not None:
            parts.append(text.format(progress[key]))
    if progress.get("seconds_left") is not None:
        parts.append(f"{progress['seconds_left']:.0f} s left")
    return "  ".join(parts)
