"""What is known of a run in progress, from its events; both views draw it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    """One node. `state` is `waiting`, `running` or a final one; `progress` is the last of its `progress` events."""

    node: str
    state: str = "waiting"
    seconds: float = 0.0
    reason: str = ""
    since: float = 0.0
    progress: Mapping[str, Any] | None = None
    alarms: list[str] = field(default_factory=list)


@dataclass
class RunState:
    """All nodes in order, those that the config names first."""

    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, nodes: Sequence[str]) -> RunState:
        return cls({node: Row(node) for node in nodes})

    def handle(self, event: Mapping[str, Any]) -> Row | None:
        """Take one event in; the row that it changed."""
        if event["event"] not in ("node", "progress", "note", "alarm") or not event.get("node"):
            return None
        row = self.rows.setdefault(event["node"], Row(event["node"]))
        if event["event"] == "node":
            row.state, row.reason = event["state"], event.get("reason") or ""
            row.seconds = event.get("seconds") or 0.0
            if row.state == "running":
                row.since, row.progress = time.monotonic(), None
        elif event["event"] == "progress":
            row.progress = event
        elif event["event"] == "alarm":
            row.alarms.append(event.get("text") or "")
        else:
            row.reason = event.get("text") or ""
        return row


_FORMS = {"loss": "loss {:.3f}", "accuracy": "acc {:.3f}", "mae": "mae {:.3f}", "steps_per_second": "{:.0f}/s"}


def progress_parts(progress: Mapping[str, Any]) -> list[str]:
    """`step 60/600`, `loss 0.512`, … of a `progress` event; what is missing is left out."""
    steps = progress.get("steps")
    parts = [progress["part"]] if progress.get("part") else []
    parts += [f"step {progress.get('step', 0)}" + (f"/{steps}" if steps else "")]
    for key, form in _FORMS.items():
        if isinstance(progress.get(key), int | float):
            parts.append(form.format(progress[key]))
    return parts


def share(progress: Mapping[str, Any]) -> float:
    """How much of a training, or of all that a node trains, is done, between 0 and 1."""
    if isinstance(progress.get("share"), float):
        return min(1.0, max(0.0, progress["share"]))
    steps = progress.get("steps") or 0
    return min(1.0, max(0.0, progress.get("step", 0) / steps)) if steps else 0.0
