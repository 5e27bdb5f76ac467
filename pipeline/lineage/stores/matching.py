"""What fits a question, decided alike for every store: databases differ in which letters they take for the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from graduate.pipeline.lineage.rows import Event


def by_time(event: Event) -> tuple[int, int, int, bool, str]:
    """The order of events."""
    return event.at, event.execution, event.artifact, event.output, event.key


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
