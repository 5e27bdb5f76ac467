"""What serves now, of each place that models are pushed to: since when, by whom, from which run, data and code."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes, runs_behind, serving_disk
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Execution, Records, Run
from graduate.pipeline.lineage.runs_behind import Behind
from graduate.pipeline.lineage.serving_disk import OnDisk

_FACTS = ("graduate_user", "graduate_host")


@dataclass(frozen=True)
class Deed:
    """Who made a version serve.

    Attributes:
        kind: `run`, `rollback` or `override`.
        who: `user@host`; "" where nobody wrote it down.
        why: as they said with `--because`; of a run "".
        when: ISO 8601; of a run "".
        was: the version that served before a rollback; None otherwise.
        again: the version that a rollback published again; None otherwise.
        refused: what the override overrode.
    """

    kind: str
    who: str = ""
    why: str = ""
    when: str = ""
    was: int | None = None
    again: int | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Serving:
    """A version that serves, as the store tells it.

    Attributes:
        pipeline: its name.
        version: its number; None where the destination's name is none.
        folder: where it was pushed to.
        since: milliseconds since 1970.
        deed: who made it serve.
        run: the run that trained it, "" where the store does not know.
        status: what that run came to.
        behind: data, schema, code and config.
        metrics: that the run measured.
        disk: what the folder says to it.
    """

    pipeline: str
    version: int | None
    folder: str
    since: int
    deed: Deed
    run: str
    status: str
    behind: Behind
    metrics: Mapping[str, float] = field(default_factory=dict)
    disk: OnDisk = field(default_factory=OnDisk)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; the config is left out."""
        behind = self.behind.to_json()
        behind.pop("config")
        return {
            "pipeline": self.pipeline,
            "version": self.version,
            "folder": self.folder,
            "since": datetime.datetime.fromtimestamp(self.since / 1000, datetime.UTC).isoformat(),
            "pushed_by": {**asdict(self.deed), "refused": list(self.deed.refused)},
            "run_id": self.run or None,
            "run_status": self.status or None,
            "metrics": dict(self.metrics),
            **behind,
            "on_disk": self.disk.to_json(),
        }


def serving(records: Records, pipeline: str | None = None) -> list[Serving]:
    """What serves, by pipeline and place.

    Args:
        records: the store.
        pipeline: only of this one.

    Raises:
        UsageError: no such pipeline, with the nearest.
    """
    every = pushes.pushes(records)
    best = [_named(push, every) for push in pushes.serving(every)]
    chosen = [push for push in best if pipeline in (None, push.pipeline)]
    if pipeline is not None and not chosen:
        raise _unknown(records, pipeline, best)
    deeds = {one.id: one for one in records.executions({push.execution.id for push in chosen if push.execution})}
    chosen = [_traced(push, every, deeds) for push in chosen]
    ids = {push.run for push in chosen if push.run}
    runs = {run.id: run for run in records.runs(ids=ids, only=(*runs_behind.PROPERTIES, *_FACTS))} if ids else {}
    behind = runs_behind.of_runs(records, list(runs.values()), whole=True)
    return [_serving(push, runs.get(push.run), behind, deeds, records.volumes) for push in chosen]


def deed_of(push: Push, execution: Execution | None, run: Run | None) -> Deed:
    """Who pushed a version; the execution with all its parameters."""
    if not push.by_hand:
        told = [str(run.facts[key]) for key in ("user", "host") if run and run.facts.get(key)]
        return Deed("run", who="@".join(told))
    given = execution.parameters if execution else {}
    return Deed(
        push.by_hand,
        who=str(given.get("by") or ""),
        why=str(given.get("because") or ""),
        when=str(given.get("when") or ""),
        was=_number(given.get("from_version")),
        again=_number(given.get("to_version")),
        refused=_sentences(given.get("refused")),
    )


def _named(push: Push, every: Sequence[Push]) -> Push:
    """With its pipeline: what people do by hand has no context on a cluster; the place was pushed to before."""
    names = [other.pipeline for other in every if other.place == push.place and other.pipeline]
    return push if push.pipeline or not names else replace(push, pipeline=names[0])


def _traced(push: Push, every: Sequence[Push], deeds: Mapping[int, Execution]) -> Push:
    """With the run that made the model: of a rollback that of the version gone back to."""
    seen: set[int] = set()
    at = push
    while not at.run and at.execution and at.artifact.id not in seen:
        seen.add(at.artifact.id)
        again = _number((deeds.get(at.execution.id) or at.execution).parameters.get("to_version"))
        found = [other for other in every if other.place == at.place and other.version == again]
        if not found:
            return push
        at = found[0]
    return replace(push, run=at.run)


def _serving(
    push: Push, run: Run | None, behind: Mapping[str, Behind], deeds: Mapping[int, Execution], volumes: str
) -> Serving:
    execution = deeds.get(push.execution.id) if push.execution else None
    return Serving(
        pipeline=push.pipeline,
        version=push.version,
        folder=push.folder,
        since=push.artifact.created,
        deed=deed_of(push, execution, run),
        run=push.run,
        status=run.status if run else "",
        behind=behind[run.id] if run else Behind(),
        metrics=run.metrics if run else {},
        disk=serving_disk.look(push.place, push.version, volumes),
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else int(value) if isinstance(value, str) and value.isdigit() else None


def _sentences(value: Any) -> tuple[str, ...]:
    import json

    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return (str(value),)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def _unknown(records: Records, pipeline: str, best: Sequence[Push]) -> UsageError:
    from graduate.pipeline.cli._parser import suggest

    pushed = sorted({push.pipeline for push in best})
    if pipeline in {run.pipeline for run in records.runs()}:
        others = f"pushed models there are of {', '.join(pushed)}" if pushed else "graduate runs says why not"
        return UsageError(f"{pipeline} has no pushed model in {records.store.where}", hint=others)
    near = suggest(pipeline, pushed)
    hint = f"did you mean {near}?" if near else f"pipelines with a pushed model: {', '.join(pushed) or 'none'}"
    return UsageError(f"no pipeline {pipeline} in {records.store.where}", hint=hint)
