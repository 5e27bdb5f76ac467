"""One side of a comparison: a run with its nodes, what each obeyed, took and gave, and where the files are."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.words import Subject

State = Literal["same", "differs", "unknown"]
SAME: Final = "same"
DIFFERS: Final = "differs"
UNKNOWN: Final = "unknown"
_BY_HAND = frozenset({pushes.ROLLBACK, pushes.OVERRIDE})
# How far an execution of a node is to be believed where a run has several: one that was tried again failed first.
_BETTER = ("unknown", "skipped", "running", "interrupted", "failed", "cached", "ran")
# What a training reads; a node that gives a Model without any of these only hands on one that there was.
_READ_BY_TRAINERS = frozenset({"Examples", "TransformGraph", "HyperParameters"})


@dataclass(frozen=True)
class Node:
    """A node of a run.

    Attributes:
        id: its name in the pipeline.
        execution: the one that counts; of several tries the last that ended well.
        obeys: what its output depends on besides artifacts: `config:training.seed`, `code:my_models.py`, `data`; of a
            run of another program its parameters, `parameter:module_file`.
        inputs: artifacts by slot.
        outputs: likewise.
    """

    id: str
    execution: Execution = field(repr=False)
    obeys: Mapping[str, Any] = field(repr=False)
    inputs: Mapping[str, tuple[Artifact, ...]] = field(repr=False)
    outputs: Mapping[str, tuple[Artifact, ...]] = field(repr=False)

    def gives(self, kind: str) -> bool:
        """Whether an artifact of this kind is among its outputs."""
        return any(artifact.kind == kind for given in self.outputs.values() for artifact in given)

    def takes(self, kinds: Collection[str]) -> bool:
        """Whether an artifact of these kinds is among its inputs."""
        return any(artifact.kind in kinds for taken in self.inputs.values() for artifact in taken)


@dataclass(frozen=True)
class Side:
    """A run as it is compared.

    Attributes:
        subject: what was asked for.
        run: with all its facts.
        nodes: by name, in order of time.
        store: where it is recorded.
    """

    subject: Subject
    run: Run
    nodes: Mapping[str, Node]
    store: str

    @property
    def label(self) -> str:
        """How it is called."""
        return self.subject.label

    def maker(self, kind: str, *, slot: str = "") -> tuple[Node, Artifact] | None:
        """The node that gave an artifact of a kind, and that artifact; where several did, the one of this slot."""
        found = [
            (slot == name, node, artifact)
            for node in self.nodes.values()
            for name, given in node.outputs.items()
            for artifact in given
            if artifact.kind == kind
        ]
        best = next((one for one in found if one[0]), found[0] if found else None)
        return (best[1], best[2]) if best else None

    def made(self, kind: str, *, slot: str = "") -> Artifact | None:
        """The artifact that `maker` finds."""
        found = self.maker(kind, slot=slot)
        return found[1] if found else None

    @property
    def trained(self) -> tuple[Node, Artifact] | None:
        """The node that trained, and its model; not one that handed on a model of an earlier run."""
        found = [
            (node, artifact)
            for node in self.nodes.values()
            for given in node.outputs.values()
            for artifact in given
            if artifact.kind == "Model"
        ]
        trained = [pair for pair in found if pair[0].takes(_READ_BY_TRAINERS)]
        return next(iter(trained), None)

    @property
    def card(self) -> Mapping[str, Any]:
        """The model card of what was pushed; empty where nothing was, or it has gone."""
        pushed = self.subject.artifact if self.subject.push else self.made("PushedModel")
        folder = (
            self.subject.push.folder if self.subject.push else pushed and pushed.properties.get("pushed_destination")
        )
        return read_json(Path(str(folder)) / "model_card.json") if folder else {}


def of(records: Records, subject: Subject) -> Side:
    """The side that a subject stands for; of a model or an artifact, the run that made it.

    Raises:
        UsageError: it belongs to no run.
    """
    if subject.run is None:
        raise UsageError(
            f"{subject.label} belongs to no run that {records.store.where} knows, so there is nothing to compare",
            hint="name a run or a pushed model; `graduate runs` and `graduate models` list them",
        )
    return Side(subject, subject.run, _nodes(records, subject.run), records.store.where)


def _nodes(records: Records, run: Run) -> dict[str, Node]:
    executions = [one for one in records.executions_of(run) if one.type not in _BY_HAND]
    chosen: dict[str, Execution] = {}
    for execution in executions:
        before = chosen.get(execution.node)
        if before is None or _BETTER.index(execution.state) >= _BETTER.index(before.state):
            chosen[execution.node] = execution
    ids = [execution.id for execution in chosen.values()]
    events = records.events(executions=ids) if ids else []
    artifacts = {one.id: one for one in records.artifacts(ids={event.artifact for event in events})}
    found = {}
    for name, execution in chosen.items():
        slots: tuple[dict[str, tuple[Artifact, ...]], ...] = ({}, {})
        for event in events:
            if event.execution == execution.id and event.artifact in artifacts:
                slot = slots[event.output]
                slot[event.key] = (*slot.get(event.key, ()), artifacts[event.artifact])
        found[name] = Node(name, execution, _obeys(execution, own=bool(run.config)), *slots)
    return found


def _obeys(execution: Execution, *, own: bool) -> dict[str, Any]:
    told = _decoded(execution.parameters.get("obeys"))
    if isinstance(told, Mapping):
        return dict(told)
    if own:  # a node of ours that obeys nothing besides its inputs
        return {}
    flat: dict[str, Any] = {}
    for name, value in execution.parameters.items():
        flat.update(flattened(_decoded(value), f"parameter:{name}"))
    return flat


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def flattened(value: Any, prefix: str = "") -> dict[str, Any]:
    """Mappings within mappings as dotted keys; a list is one value."""
    if isinstance(value, Mapping) and value:
        flat: dict[str, Any] = {}
        for key, inner in value.items():
            flat.update(flattened(inner, f"{prefix}.{key}" if prefix else str(key)))
        return flat
    return {prefix: value} if prefix else {}


def place(artifact: Artifact | None, what: str = "") -> tuple[Path | None, str]:
    """The folder of an artifact's files; or None and why they cannot be looked at."""
    named = what or (artifact.kind if artifact else "")
    if artifact is None:
        return None, f"there is no {named}"
    folder = artifact.folder
    if folder is None:
        return None, f"the files of {named} lie elsewhere: {artifact.uri}"
    if not folder.exists():
        return None, f"the files of {named} are gone: {folder}"
    return folder, ""


def files_of(a: Side, b: Side, kind: str, name: str, *, slot: str = "") -> tuple[Path | None, Path | None, str]:
    """A file of the artifacts of a kind on both sides, and why where one of them cannot be read."""
    paths: list[Path | None] = []
    for letter, side in (("A", a), ("B", b)):
        folder, why = place(side.made(kind, slot=slot))
        if folder is None:
            return None, None, f"{letter}: {why}"
        if not (folder / name).exists():
            return None, None, f"{letter}: {folder / name} is gone"
        paths.append(folder / name)
    return paths[0], paths[1], ""


def same_artifact(a: Side, b: Side, one: Artifact | None, other: Artifact | None) -> bool:
    """Whether two artifacts are one: the same row of the same store, hence nothing to compare."""
    return one is not None and other is not None and a.store == b.store and one.id == other.id


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where the file is not there or holds something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
