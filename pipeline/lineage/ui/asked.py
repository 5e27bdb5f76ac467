"""A request that was understood."""

from __future__ import annotations

from dataclasses import dataclass

from graduate.pipeline.lineage.records import Records


@dataclass(frozen=True)
class Asked:
    """A request that was understood.

    Attributes:
        records: the store, open.
        where: what people see of it.
        query: by name.
        framed: a frame of a page asks.
    """

    records: Records
    where: str
    query: dict[str, list[str]]
    framed: bool = False

    def one(self, name: str) -> str:
        """A query's first value, "" where it is missing."""
        return next(iter(self.query.get(name, ())), "").strip()

    def number(self, name: str) -> int | None:
        """A query as a number; None where it is none."""
        return whole(self.one(name))


def whole(text: str) -> int | None:
    """A number of the store; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
