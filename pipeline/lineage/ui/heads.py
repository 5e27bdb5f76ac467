"""Runs by name and pipeline alone: enough to page, filter and order them without reading what each came to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from graduate.pipeline.lineage import vocabulary
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.rows import ContextRow, Wanted

_READ = ("graduate_name", "graduate_status")
_AT_ONCE = 40  # runs of other programs whose status is worked out together
_BACK = 80  # runs before a page's last that are looked through for the one before


class Head(NamedTuple):
    """A run; `status` is "" where another program ran it: then it has to be worked out."""

    context: int
    id: str
    pipeline: str
    status: str


def page(
    records: Records, *, sought: str = "", status: str = "", pipeline: str = "", before: int | None = None, most: int
) -> tuple[list[Head], bool]:
    """A page of runs, the latest first, and whether there are older ones.

    Args:
        records: the store.
        sought: part of the id.
        status: what became of it; "" is any.
        pipeline: its pipeline's name; "" is any.
        before: contexts' numbers below this one.
        most: runs at most.
    """
    if not status and not pipeline:
        found = _searched(records, Wanted(sought, vocabulary.RUN_KINDS, before=before, limit=most + 1))
        return found[:most], len(found) > most
    rows = records.store.contexts(kinds=vocabulary.RUN_KINDS, only=_READ)
    some = [row for row in rows if sought.lower() in row.name.lower() and (before is None or row.id < before)]
    chosen = [head for head in _heads(records, some) if pipeline in ("", head.pipeline)]
    found = []
    for head in _of_status(records, chosen, status) if status else chosen:
        found.append(head)
        if len(found) > most:
            break
    return found[:most], len(found) > most


def before(records: Records, heads: Sequence[Head]) -> dict[str, Head | None]:
    """By run the one before it of the same pipeline: None where there is none, missing where none is near."""
    if not heads:
        return {}
    wanted = Wanted(kinds=vocabulary.RUN_KINDS, before=max(head.context for head in heads), limit=len(heads) + _BACK)
    near = _searched(records, wanted)
    every = sorted({head.context: head for head in (*heads, *near)}.values())
    known, last, found = {head.context for head in heads}, dict[str, Head](), dict[str, Head | None]()
    complete = len(near) < wanted.limit
    for head in every:
        if head.context in known and (head.pipeline in last or complete):
            found[head.id] = last.get(head.pipeline)
        last[head.pipeline] = head
    return found


def _searched(records: Records, wanted: Wanted) -> list[Head]:
    ids = [row.id for row in records.store.search("contexts", wanted)]
    return _heads(records, records.store.contexts(ids=ids, only=_READ) if ids else ())


def _heads(records: Records, rows: Iterable[ContextRow]) -> list[Head]:
    """The latest first."""
    every = sorted(rows, key=lambda row: row.id, reverse=True)
    others = [row.id for row in every if "graduate_name" not in row.properties]
    pipelines = _pipelines(records, others) if others else {}
    return [
        Head(
            row.id,
            row.name,
            str(row.properties.get("graduate_name") or pipelines.get(row.id, "")),
            str(row.properties.get("graduate_status") or ""),
        )
        for row in every
    ]


def _pipelines(records: Records, contexts: Sequence[int]) -> dict[int, str]:
    """The pipeline's name of runs that do not tell it: their parent, or what their first execution belongs to."""
    store = records.store
    names = {row.id: row.name for row in store.contexts(kinds=vocabulary.PIPELINE_KINDS, only=())}
    found = {run: names[one] for run, ids in store.parents_of_contexts(contexts).items() for one in ids if one in names}
    owned = store.executions_of_contexts([run for run in contexts if run not in found])
    first = {run: ids[0] for run, ids in owned.items() if ids}
    around = store.contexts_of_executions(first.values()) if first else {}
    for run, execution in first.items():
        name = next((names[one] for one in around.get(execution, ()) if one in names), "")
        found[run] = name
    return found


def _of_status(records: Records, heads: Sequence[Head], status: str) -> Iterator[Head]:
    """Those that ended so; of another program's runs a few at a time."""
    at = 0
    while at < len(heads):
        part, unknown = list[Head](), list[Head]()
        while at < len(heads) and len(unknown) < _AT_ONCE and len(part) < 2 * _AT_ONCE:
            part.append(heads[at])
            unknown += [heads[at]] if not heads[at].status else []
            at += 1
        ids = [head.id for head in unknown]
        told = {run.context: run.status for run in records.runs(ids=ids)} if ids else {}
        yield from (head for head in part if (head.status or told.get(head.context)) == status)
