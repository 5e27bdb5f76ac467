"""What fits a question, decided alike for every store: databases differ in which letters they take for the same."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable

from graduate.pipeline.lineage.rows import Event

# The order of events: by `at`, `execution`, `artifact`, `output`, `key`; in C, since there may be 100,000 of them
by_time = operator.itemgetter(*(Event._fields.index(name) for name in ("at", "execution", "artifact", "output", "key")))


def contains(texts: Iterable[str | None], wanted: str) -> bool:
    """Whether one of the texts has `wanted` in it, whatever the letters' case."""
    small = wanted.lower()
    return not small or any(small in text.lower() for text in texts if text)


def named(only: Collection[str] | None) -> Callable[[str], bool]:
    """Whether a property is among those to bring: `metric_*` is every name that begins so."""
    if only is None:
        return lambda name: True
    whole = {name for name in only if not name.endswith("*")}
    begun = tuple(name[:-1] for name in only if name.endswith("*"))
    return lambda name: name in whole or name.startswith(begun)
