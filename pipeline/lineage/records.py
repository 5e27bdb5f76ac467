"""Runs, executions and artifacts of a store, in one vocabulary whichever they were written in."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from graduate.pipeline.lineage import vocabulary
from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, Event, ExecutionRow, Store, Tell

_PREFIX = "graduate_"
_METRIC = "graduate_metric_"
_OBJECTS = "objects"  # where `graduate simulate` keeps what a cluster has in an object store
_VOLUMES = "volumes"  # and what it has on volumes
# What a run's context holds that is short; `result` alone is ten kilobytes.
_BRIEF = ("graduate_name", "graduate_status", "graduate_started", "graduate_finished", "graduate_metric_*")


class Artifact(NamedTuple):
    """An artifact; a tuple, since there may be thousands of them.

    Attributes:
        id: its number in the store.
        kind: TFX's type name: `Examples`, `Model`, `PushedModel`, `graduate.Verdict`.
        uri: where its files are.
        name: its name, "" where it has none.
        state: one of `rows.ARTIFACT_STATES`.
        created: milliseconds since 1970.
        properties: whole numbers are integers.
        type: its type's name as it was written.
        objects: the folder that stands for object stores beside a store that a simulation wrote; "" elsewhere.
    """

    id: int
    kind: str
    uri: str
    name: str
    state: str
    created: int
    properties: Mapping[str, Any]
    type: str
    objects: str = ""

    @property
    def place(self) -> str | None:
        """Where its files are on this machine; None where the URI is of another place."""
        return _place(self.uri, self.objects)

    @property
    def folder(self) -> Path | None:
        """The same as a path."""
        place = self.place
        return None if place is None else Path(place)

    @property
    def present(self) -> bool | None:
        """Whether its files are there; None where that cannot be told from here."""
        folder = self.folder
        return None if folder is None else folder.exists()


@dataclass(frozen=True)
class Execution:
    """An execution of a node.

    Attributes:
        id: its number in the store.
        node: the node's id in its pipeline.
        state: one of `vocabulary.STATES`.
        started: milliseconds since 1970.
        ended: likewise; where it still runs, when it was last written.
        parameters: what it was given besides artifacts.
        run: its run's id, "" where it belongs to none.
        pipeline: its pipeline's name, likewise.
        type: its type's name as it was written.
        row: the row it was read from.
    """

    id: int
    node: str
    state: str
    started: int
    ended: int
    parameters: Mapping[str, Any]
    run: str
    pipeline: str
    type: str
    row: ExecutionRow = field(repr=False, compare=False)


@dataclass(frozen=True)
class Run:
    """A run of a pipeline; what it lacks, since another program wrote it, is empty.

    Attributes:
        id: the name of its context.
        pipeline: the pipeline's name.
        status: as `graduate run` prints it (`pushed`, `refused`, `sick`, `running`, …); `complete` where another
            program ran it and no node failed.
        started: milliseconds since 1970.
        ended: likewise; None while it runs.
        metrics: by name, as the Evaluator gave them.
        context: its context's number.
        vocabulary: `tfx` or `kubeflow`.
        facts: the other properties that Graduate wrote, without their prefix `graduate_`; JSON is decoded.
    """

    id: str
    pipeline: str
    status: str
    started: int
    ended: int | None
    metrics: Mapping[str, float]
    context: int
    vocabulary: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Mapping[str, Any]:
        """The resolved config; empty where the run was read in brief, or was not Graduate's."""
        found = self.facts.get("config")
        return found if isinstance(found, Mapping) else {}


class Records:
    """A store, read in one vocabulary. Lists are in order of id, runs with the latest first."""

    def __init__(self, store: Store) -> None:
        self.store = store
        where = str(getattr(store, "where", ""))  # of a file; an address of a server has nothing beside it
        beside = os.path.join(os.path.dirname(where), _OBJECTS)
        self._objects = beside if os.path.isfile(where) and os.path.isdir(beside) else ""
        volumes = os.path.join(os.path.dirname(where), _VOLUMES)
        self.volumes = volumes if self._objects and os.path.isdir(volumes) else ""
        self._contexts = dict[int, ContextRow]()
        self._around = dict[int, list[ContextRow]]()  # by execution

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    @cached_property
    def _pipelines(self) -> dict[int, ContextRow]:
        return {row.id: row for row in self.store.contexts(kinds=vocabulary.PIPELINE_KINDS, only=())}

    @property
    def has_one_pipeline(self) -> bool:
        """Whether every run of which a node ran is of one pipeline."""
        return len({row.name for row in self._pipelines.values()}) == 1

    def runs(
        self, *, ids: Collection[str] | None = None, pipeline: str | None = None, only: Collection[str] | None = _BRIEF
    ) -> list[Run]:
        """Runs, the latest first; in brief unless `only` says which properties of theirs to bring too (None: all)."""
        wanted = None if only is None else {*_BRIEF, *only}
        rows = self.store.contexts(kinds=vocabulary.RUN_KINDS, names=ids, only=wanted)
        told = self._of_others([row for row in rows if f"{_PREFIX}status" not in row.properties])
        decoded: dict[str, Any] = {}  # most runs have the same libraries
        found = [told[row.id] if row.id in told else _own(row, decoded) for row in rows]
        chosen = [run for run in found if pipeline in (None, run.pipeline)]
        return sorted(chosen, key=lambda run: (run.started, run.context), reverse=True)

    def run(self, run_id: str) -> Run | None:
        """One run with all its facts."""
        return next(iter(self.runs(ids=[run_id], only=None)), None)

    def _of_others(self, rows: Sequence[ContextRow]) -> dict[int, Run]:
        if not rows:
            return {}
        from graduate.pipeline.lineage import others  # only such a store needs it

        return others.runs(self, rows)

    def executions_of(self, run: Run, only: Collection[str] | None = None) -> list[Execution]:
        """The executions of a run's nodes, in order of time."""
        ids = self.store.executions_of_contexts([run.context]).get(run.context, [])
        return [execution for execution in self.executions(ids, only=only) if execution.run == run.id]

    def executions(self, ids: Collection[int], only: Collection[str] | None = None) -> list[Execution]:
        """Executions of nodes; other ids are left out."""
        return self.told(self.store.executions(ids=ids, only=vocabulary.columns(only)), only)

    def told(self, rows: Sequence[ExecutionRow], only: Collection[str] | None = None) -> list[Execution]:
        """Rows of the store as executions of nodes, with those of their parameters that `only` names."""
        around = self.contexts_around([row.id for row in rows])
        found = []
        for row in rows:
            words = vocabulary.of(row.type)
            if words.is_node(row):
                found.append(self._execution(row, words, around[row.id], only))
        return found

    def contexts_around(self, executions: Collection[int]) -> dict[int, list[ContextRow]]:
        """By execution the run, the pipeline and the node that it belongs to, as far as they are known.

        They are written with it, and asked for once: no database has an index for it.
        """
        unknown = [one for one in executions if one not in self._around]
        owners = self.store.contexts_of_executions(unknown) if unknown else {}
        ids = {one for owned in owners.values() for one in owned} - self._contexts.keys()
        # of some kinds there is a context for each execution, which TFX keeps for its cache
        rows = self.store.contexts(ids=ids, kinds=vocabulary.CONTEXT_KINDS, only=()) if ids else ()
        self._contexts |= {row.id: row for row in rows}
        for one in unknown:
            self._around[one] = [self._contexts[at] for at in owners.get(one, ()) if at in self._contexts]
        return {one: self._around[one] for one in executions}

    def _execution(
        self,
        row: ExecutionRow,
        words: vocabulary.Vocabulary,
        contexts: Sequence[ContextRow],
        only: Collection[str] | None,
    ) -> Execution:
        # by either's kind: what was done by hand has a type of Graduate's own in every store
        run = next((context for context in contexts if context.type in vocabulary.RUN_KINDS), None)
        pipeline = next((context.name for context in contexts if context.type in vocabulary.PIPELINE_KINDS), "")
        return Execution(
            id=row.id,
            node=words.node(row, contexts),
            state=words.state(row),
            started=row.created,
            ended=row.updated,
            parameters=vocabulary.chosen(words.parameters(row), only),
            run=run.name if run else "",
            pipeline=pipeline or (self.pipeline_of(run.id) if run else ""),
            type=row.type,
            row=row,
        )

    def pipeline_of(self, run_context: int) -> str:
        """The pipeline's name, where the run's context has it as its parent; "" otherwise."""
        parents = self.store.parents_of_contexts([run_context]).get(run_context, ())
        return next((self._pipelines[one].name for one in parents if one in self._pipelines), "")

    def artifacts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        uris: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[Artifact]:
        """Artifacts that fit all of what is given; a kind is TFX's name, whatever the store calls it."""
        types = None if kinds is None else self._types_of(kinds)
        return [
            _artifact(row, self._objects) for row in self.store.artifacts(ids=ids, kinds=types, uris=uris, only=only)
        ]

    def place_of(self, uri: str) -> str | None:
        """Where an artifact's files are on this machine, as `Artifact.place` has it."""
        return _place(uri, self._objects)

    def _types_of(self, kinds: Collection[str]) -> list[str]:
        return [name for name in self.store.kinds("artifacts") if kind_of(name) in kinds]

    def events(
        self,
        *,
        executions: Collection[int] | None = None,
        artifacts: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        output: bool | None = None,
        besides: Collection[int] = (),
        tell: Tell = "slots",
    ) -> list[Event]:
        """Who took and gave what, as in `rows.Store`; a kind is TFX's name, whatever the store calls it."""
        types = None if kinds is None else self._types_of(kinds)
        return self.store.events(
            executions=executions, artifacts=artifacts, kinds=types, output=output, besides=besides, tell=tell
        )

    def outputs_of(self, executions: Iterable[Execution], only: Collection[str] | None = None) -> list[Artifact]:
        """What executions gave."""
        ids = [execution.id for execution in executions]
        given = {event.artifact for event in self.events(executions=ids, output=True, tell="times")} if ids else set()
        return self.artifacts(ids=given, only=only)


@functools.cache
def kind_of(type_name: str) -> str:
    """The kind that an artifact type's name stands for."""
    return vocabulary.of_artifact(type_name).artifact_kind(ArtifactRow(0, type_name, "", "", "unknown", 0, 0, {}))


def _place(uri: str, objects: str) -> str | None:
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri or None
    if objects and os.path.isdir(os.path.join(objects, scheme)):
        return os.path.join(objects, scheme, rest)
    return rest if scheme == "file" else None


def _artifact(row: ArtifactRow, objects: str) -> Artifact:
    return Artifact(
        id=row.id,
        kind=kind_of(row.type),
        uri=row.uri,
        name=row.name,
        state=row.state,
        created=row.created,
        properties=vocabulary.properties(row) if row.properties else {},
        type=row.type,
        objects=objects,
    )


def _own(row: ContextRow, decoded: dict[str, Any]) -> Run:
    """A run that Graduate wrote; `decoded` holds the JSON of those before."""
    told = row.properties
    metrics = {name.removeprefix(_METRIC): value for name, value in told.items() if name.startswith(_METRIC)}
    return Run(
        id=row.name,
        pipeline=str(told.get("graduate_name") or ""),
        status=str(told.get("graduate_status") or "unknown"),
        started=_milliseconds(told.get("graduate_started")) or row.created,
        ended=_milliseconds(told.get("graduate_finished")),
        metrics=metrics,
        context=row.id,
        vocabulary=vocabulary.tfx.NAME,
        facts=facts(told, decoded),
    )


def facts(properties: Mapping[str, Any], decoded: dict[str, Any] | None = None) -> dict[str, Any]:
    """What Graduate wrote, without its prefix and without metrics; what is a JSON object or list is decoded.

    Args:
        properties: by name.
        decoded: what has been decoded so far, by its text.
    """
    known = {} if decoded is None else decoded
    return {
        name.removeprefix(_PREFIX): _decoded(value, known) if isinstance(value, str) and value[:1] in "{[" else value
        for name, value in properties.items()
        if name.startswith(_PREFIX) and not name.startswith(_METRIC)
    }


def _decoded(text: str, known: dict[str, Any]) -> Any:
    if text not in known:
        try:
            known[text] = json.loads(text)
        except ValueError:
            known[text] = text
    return known[text]


def _milliseconds(iso: Any) -> int | None:
    import datetime

    try:
        return int(datetime.datetime.fromisoformat(str(iso)).timestamp() * 1000)
    except ValueError:
        return None
