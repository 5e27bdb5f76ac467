"""Values and numbers in few words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graduate.pipeline.lineage.diff.data import Data

LONGEST = 40  # characters of one value
_WORDS = (
    ("added", "added"),
    ("removed", "removed"),
    ("changed", "overwritten"),
    ("relabelled", "in another class"),
    ("renamed", "renamed"),
    ("moved", "in another split"),
)


def value(one: Any, absent: str = "unset") -> str:
    """A value as YAML or JSON has it, shortened."""
    text = absent if one is None else one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def change(a: Any, b: Any, absent: str = "unset") -> str:
    """`0.001 → 0.003`."""
    return f"{value(a, absent)} → {value(b, absent)}"


def number_of(number: int, noun: str) -> str:
    """`1 row`, `3 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def group_words(data: Data) -> str:
    """`4 added, 2 removed, 1 in another class`."""
    found = [(getattr(data, name).number, word) for name, word in _WORDS]
    return ", ".join(f"{number:,} {word}" for number, word in found if number)


def metric(one: float | None) -> str:
    """A metric with four digits behind the point."""
    if one is None:
        return "-"
    return f"{one:,.0f}" if one == int(one) and abs(one) >= 2 else f"{one:.4f}"


def small(one: float | None) -> str:
    """A number with three significant digits."""
    return "-" if one is None else f"{one:.3g}"


def signed(one: float | None) -> str:
    """With its sign."""
    return "" if one is None else f"{one:+.4f}"
