"""A trace made of arrays, without a file: for rules on other tools' logs, and for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graduate.trace import format as layout
from graduate.trace.facts import Event, RunFacts, Told, Variable
from graduate.trace.reader import Trace, parse


def made(
    *,
    facts: RunFacts | None = None,
    steps: Sequence[int] | np.ndarray | None = None,
    series: Mapping[str, Any] | None = None,
    tables: Mapping[str, Any] | None = None,
    told: Sequence[tuple[int, str, Any]] = (),
    known: Mapping[str, Any] | None = None,
    events: Sequence[Event] = (),
) -> Trace:
    """A trace that reads like one from the disk.

    Args:
        facts: of the run; without them variables `layer_0/kernel`, … are made up for the tables' widths.
        steps: (T,) rising; 1 … T if left out.
        series: (T,) each, by column.
        tables: (T, V) each, by column.
        told: (step, name, value) in order.
        known: name → value, told after the last step.
        events: what happened.

    Raises:
        ValueError: lengths differ.
    """
    one = {name: np.asarray(value, np.float32) for name, value in (series or {}).items()}
    many = {name: np.asarray(value, np.float32) for name, value in (tables or {}).items()}
    lengths = [len(value) for value in (*one.values(), *many.values())]
    counted = np.arange(1, (lengths[0] if lengths else 0) + 1) if steps is None else np.asarray(steps, np.int64)
    width = next((value.shape[1] for value in many.values()), 0)
    group = layout.Group(
        "step",
        (*(layout.Column(n) for n in one), *(layout.Column(n, v.shape[1], "variables") for n, v in many.items())),
    )
    content = b""
    if lengths and len(counted):
        payload = layout.rows_payload(group, counted, [*one.values(), *many.values()])
        content = layout.frame(layout.ROWS, 0, 0, 0, len(counted), payload)
    base = parse(layout.Header(facts or _made_up(width), (group,)), content)
    last = int(counted[-1]) if len(counted) else 0
    all_told = [Told(*item) for item in told] + [Told(last, name, value) for name, value in (known or {}).items()]
    return base.with_story(events, all_told)


def _made_up(width: int) -> RunFacts:
    return RunFacts(tuple(Variable(f"layer_{i}/kernel", f"layer_{i}", (4, 4)) for i in range(width)))
