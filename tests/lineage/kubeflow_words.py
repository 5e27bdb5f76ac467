"""The history of a store that TFX wrote on a laptop, told as Kubeflow Pipelines would have written it.

Conditions are sub-DAGs, as `vocabulary.kubeflow` lays down: one whose verdict refuses is CANCELED, and nothing is below
it. Runs that were interrupted keep an execution that is RUNNING, since a pod that was killed writes no more.
"""

from __future__ import annotations

import datetime
import json
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline import by_hand
from tests.lineage import cluster
from tests.lineage.cluster import CACHED, CANCELED, COMPLETE, FAILED, Cluster
from tests.lineage.story import Story
from tests.lineage.writing import opened

# What Graduate records of a run and nobody does on a cluster, then what follows there from the executions themselves
NOBODYS = ("started", "finished", "result", "host", "error", "facts_missing")
_FOLLOWS = re.compile(
    r"status|nodes|failed_node|verdict_.*|refused_by|refusal|pushed_to|pushed_version|rows|span"
    r"|faults|worst|cured_faults|cures"
)
# What a node finds out in its files, and gives as output parameters
_FOUND = {
    "StatisticsGen": ("rows_train", "rows_eval", "rows_test"),
    "Trainer": ("device", "strategy", "training_steps", "training_seconds"),
    "GradientDiagnostics": ("findings",),
    "Evaluator": ("metric_",),
}
_VERDICT = re.compile(r"_(\w+)\.verdict")  # the input by which TFX ties a node to a condition
_OUTPUTS = (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)


@dataclass
class Translation:
    """What became of what: numbers of artifacts and executions, ids of runs."""

    artifacts: dict[int, int] = field(default_factory=dict)
    executions: dict[int, int] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)


@dataclass
class KubeflowStory(Story):
    """The history of `story.py` on a cluster: its own store and ids of runs, the same files."""

    path: Path = Path()

    @property
    def store(self) -> Path:
        return self.path


def of_story(told: Story, target: Path) -> tuple[KubeflowStory, Translation]:
    """The story's store, translated."""
    done = translate(told.store, target)
    runs = {name: done.runs[run_id] for name, run_id in told.runs.items()}
    return KubeflowStory(told.root, runs, told.versions, target), done


def pipeline_name(name: str) -> str:
    """TFX's compiler for Kubeflow takes small letters, digits and dashes alone."""
    return name.replace("_", "-")


def translate(source: Path, target: Path, *, remote: bool = False) -> Translation:
    """Write the history of one SQLite store into a new one.

    Args:
        source: a store that TFX wrote; it is not changed.
        target: the new store's file.
        remote: whether URIs are in a bucket, as on a cluster; without it they stay, so that files can be read.
    """
    telling = _Telling(source, target, remote)
    telling.tell()
    telling.date(target)
    return telling.done


@dataclass
class _Node:
    """An execution of a node, read from the source."""

    execution: mlmd.Execution
    run: mlmd.Context
    pipeline: str
    name: str
    taken: list[mlmd.Event]
    given: list[mlmd.Event]

    @property
    def conditions(self) -> tuple[str, ...]:
        """The nodes whose verdicts it waits for, the outermost first."""
        of = {found[1]: event.artifact_id for event in self.taken if (found := _VERDICT.fullmatch(_key(event)))}
        return tuple(sorted(of, key=lambda name: of[name]))


class _Telling:
    def __init__(self, source: Path, target: Path, remote: bool) -> None:
        self.source, self.cluster, self.remote = opened(source), Cluster.at(target), remote
        self.done = Translation()
        self.artifacts = {one.id: one for one in self.source.get_artifacts()}
        self.kinds = {one.id: one.name for one in self.source.get_artifact_types()}
        self.runs: dict[int, cluster.Run] = {}
        self.dags: dict[tuple[int, str], int] = {}
        self.makers: dict[int, int] = {}  # artifact -> the execution that made it, in the source
        self.dates: list[tuple[str, int, int, int]] = []  # table, number, created, updated

    def tell(self) -> None:
        self.nodes, deeds = self._nodes()
        self.expected = self._tasks(self.nodes)
        for step in sorted([*self.nodes, *deeds], key=lambda one: one.execution.id):
            if isinstance(step, _Node):
                self._node(step)
            else:
                self._deed(step)
        for run in self.runs:
            self._close(run, [one for one in self.nodes if one.run.id == run])

    def _nodes(self) -> tuple[list[_Node], list[_Deed]]:
        contexts = {one.id: one.name for one in self.source.get_context_types()}
        kinds = {one.id: one.name for one in self.source.get_execution_types()}
        nodes, deeds = [], []
        for execution in self.source.get_executions():
            around = {contexts[one.type_id]: one for one in self.source.get_contexts_by_execution(execution.id)}
            events = self.source.get_events_by_execution_ids([execution.id])
            given = [event for event in events if event.type in _OUTPUTS]
            taken = [event for event in events if event.type not in _OUTPUTS]
            kind = kinds[execution.type_id]
            if kind in (by_hand.ROLLBACK, by_hand.OVERRIDE):
                deeds.append(_Deed(execution, kind, around, taken, given))
            elif "pipeline_run" in around:
                pipeline = around["pipeline"].name
                name = around["node"].name.removeprefix(f"{pipeline}.")
                nodes.append(_Node(execution, around["pipeline_run"], pipeline, name, taken, given))
        return nodes, deeds

    def _tasks(self, nodes: Sequence[_Node]) -> Counter[tuple[str, str]]:
        """Of each pipeline's condition how many tasks and conditions it holds where everything is let through."""
        below: dict[tuple[str, str], set[str]] = {}
        for node in nodes:
            inside = [*(f"condition-{name}" for name in node.conditions[1:]), node.name]
            for outer, inner in zip(node.conditions, inside, strict=False):
                below.setdefault((node.pipeline, outer), set()).add(inner)
        return Counter({key: len(names) for key, names in below.items()})

    def _run(self, node: _Node) -> cluster.Run:
        if node.run.id not in self.runs:
            run_id = str(uuid.uuid5(uuid.NAMESPACE_OID, node.run.name))
            told = _facts(node.run)
            made = self.cluster.run(pipeline_name(node.pipeline), run_id, _named(told, _is_known_before))
            started = told.get("started")
            at = _milliseconds(started) if started else node.run.create_time_since_epoch
            self.dates += [("Context", made.contexts[1].id, at, at), ("Execution", made.root, at, at)]
            self.runs[node.run.id], self.done.runs[node.run.name] = made, run_id
        return self.runs[node.run.id]

    def _dag(self, node: _Node, conditions: Sequence[str], triggers: bool = True) -> int:
        """The sub-DAG of the innermost of some conditions."""
        run, above = self._run(node), 0
        for at, name in enumerate(conditions):
            if (node.run.id, name) not in self.dags:
                verdict = [self.done.artifacts[one] for one in self._verdicts(node) if self._source(one) == name]
                last = at == len(conditions) - 1
                self.dags[node.run.id, name] = self.cluster.dag(
                    run,
                    f"condition-{name}",
                    parent=above,
                    artifacts={f"_{name}.verdict": verdict},
                    tasks=self.expected[node.pipeline, name],
                    triggers=triggers or not last,
                )
            above = self.dags[node.run.id, name]
        return above

    def _verdicts(self, node: _Node) -> list[int]:
        return [
            event.artifact_id
            for event in [*node.taken, *node.given]
            if self.kinds[self.artifacts[event.artifact_id].type_id] == "graduate.Verdict"
        ]

    def _source(self, artifact: int) -> str:
        told = self.artifacts[artifact]
        return str({**told.custom_properties, **told.properties}["source"].string_value)

    def _node(self, node: _Node) -> None:
        run, execution = self._run(node), node.execution
        told = {**execution.properties, **execution.custom_properties}
        cached = None
        if execution.last_known_state == CACHED and node.given:
            cached = self.done.executions[self.makers[node.given[0].artifact_id]]
        made = self.cluster.container(
            run,
            node.name,
            parent=self._dag(node, node.conditions),
            inputs={name: _parameter(value) for name, value in told.items() if name != "graduate_reason"},
            artifacts=_by_key(node.taken, self.done.artifacts),
            cached=cached,
        )
        self.done.executions[execution.id] = made
        self.dates.append(
            ("Execution", made, execution.create_time_since_epoch, execution.last_update_time_since_epoch)
        )
        reason = told["graduate_reason"].string_value if "graduate_reason" in told else ""
        if execution.last_known_state in (COMPLETE, CACHED, FAILED) and not reason:
            self._publish(node, run, made)

    def _publish(self, node: _Node, run: cluster.Run, made: int) -> None:
        own = _FOUND.get(node.name, ())
        found = _named(_facts(node.run), lambda name: bool(own) and name.startswith(own))
        outputs: dict[str, list[mlmd.Artifact]] = {}
        for event in node.given:
            outputs.setdefault(_key(event), []).append(self._artifact(event.artifact_id, run, node.name, _key(event)))
        ids = self.cluster.publish(run, made, outputs, found, node.execution.last_known_state)
        by_key: dict[str, list[int]] = {}
        for event in node.given:
            by_key.setdefault(_key(event), []).append(event.artifact_id)
            self.makers.setdefault(event.artifact_id, node.execution.id)
        for key, numbers in by_key.items():
            self._know(dict(zip(numbers, ids[key], strict=True)))

    def _know(self, made: Mapping[int, int]) -> None:
        for old, new in made.items():
            if old not in self.done.artifacts:
                told = self.artifacts[old]
                self.dates.append(("Artifact", new, told.create_time_since_epoch, told.last_update_time_since_epoch))
                self.done.artifacts[old] = new

    def _artifact(self, number: int, run: cluster.Run, node: str, key: str) -> mlmd.Artifact:
        """The artifact of the new store; one that is not there yet as the launcher records it."""
        if number in self.done.artifacts:
            (known,) = self.cluster.store.get_artifacts_by_id([self.done.artifacts[number]])
            return known
        told = self.artifacts[number]
        kind = self.kinds[told.type_id]
        metadata = {name: _plain(value) for name, value in {**told.custom_properties, **told.properties}.items()}
        metadata.pop("is_external", None)
        if "current_model_id" in metadata:
            metadata["current_model_id"] = self.done.artifacts[metadata["current_model_id"]]
        uri = f"{cluster.ROOT}/{run.pipeline}/{run.id}/{node}/{uuid.uuid4()}/{key}" if self.remote else told.uri
        return self.cluster.artifact(kind if "." in kind else f"tfx.{kind}", uri, key, metadata)

    def _deed(self, deed: _Deed) -> None:
        """What somebody did by hand: Graduate writes it alike into every store, into the contexts that it has."""
        store = self.cluster.store
        kind = store.put_execution_type(mlmd.ExecutionType(name=deed.kind))
        made = mlmd.Execution(type_id=kind, last_known_state=deed.execution.last_known_state)
        for name, value in deed.execution.custom_properties.items():
            made.custom_properties[name].CopyFrom(value)
        taken = store.get_artifacts_by_id([self.done.artifacts[event.artifact_id] for event in deed.taken])
        given = []
        for event in deed.given:
            told = self.artifacts[event.artifact_id]
            new = mlmd.Artifact(uri=told.uri, state=told.state)
            new.type_id = store.put_artifact_type(mlmd.ArtifactType(name=self.kinds[told.type_id]))
            for name, value in told.custom_properties.items():
                new.custom_properties[name].CopyFrom(value)
            given.append(new)
        pairs = [(one, mlmd.Event(type=mlmd.Event.INPUT)) for one in taken]
        pairs += [(one, mlmd.Event(type=mlmd.Event.OUTPUT)) for one in given]
        contexts = [one for one in (self._context(kind, name) for kind, name in deed.contexts()) if one is not None]
        number, ids, _ = store.put_execution(made, pairs, contexts)
        self.done.executions[deed.execution.id] = number
        at = (deed.execution.create_time_since_epoch, deed.execution.last_update_time_since_epoch)
        self.dates.append(("Execution", number, *at))
        numbers = [event.artifact_id for event in deed.given]
        self._know(dict(zip(numbers, ids[len(deed.taken) :], strict=True)))

    def _context(self, kind: str, name: str) -> mlmd.Context | None:
        names = {"system.PipelineRun": self.done.runs.get(name, ""), "system.Pipeline": pipeline_name(name)}
        return self.cluster.store.get_context_by_type_and_name(kind, names[kind])

    def _close(self, run: int, nodes: Sequence[_Node]) -> None:
        """Conditions that were refused, and the states of the others."""
        prefixes = {}
        for node in (one for one in self.nodes if one.pipeline == nodes[0].pipeline):
            for at, name in enumerate(node.conditions):
                prefixes[name] = node.conditions[: at + 1]
        for node in nodes:
            refused = [one for one in self._verdicts(node) if not self._passed(one) and self._source(one) == node.name]
            if refused and node.name in prefixes:
                self._dag(node, prefixes[node.name], triggers=False)
        worst = {name: COMPLETE for one, name in self.dags if one == run}
        for node in nodes:
            state = node.execution.last_known_state
            for name in node.conditions:
                if state not in (COMPLETE, CACHED):
                    worst[name] = state
        for name, state in worst.items():
            (found,) = self.cluster.store.get_executions_by_id([self.dags[run, name]])
            if found.last_known_state != CANCELED:
                self.cluster.finish(found.id, state)

    def _passed(self, artifact: int) -> bool:
        told = self.artifacts[artifact]
        return bool({**told.custom_properties, **told.properties}["passed"].int_value)

    def date(self, target: Path) -> None:
        """Give everything the times that it had: ML Metadata has none but its own."""
        events = self.source.get_events_by_execution_ids(list(self.done.executions))
        del self.cluster.store
        with sqlite3.connect(target) as connection:
            for table, number, created, updated in self.dates:
                connection.execute(
                    f"UPDATE {table} SET create_time_since_epoch = ?, last_update_time_since_epoch = ? WHERE id = ?",
                    (created, updated, number),
                )
            for event in events:
                connection.execute(
                    "UPDATE Event SET milliseconds_since_epoch = ? WHERE artifact_id = ? AND execution_id = ?",
                    (
                        event.milliseconds_since_epoch,
                        self.done.artifacts[event.artifact_id],
                        self.done.executions[event.execution_id],
                    ),
                )
        connection.close()


@dataclass
class _Deed:
    """An execution that somebody made by hand."""

    execution: mlmd.Execution
    kind: str
    around: Mapping[str, mlmd.Context]
    taken: list[mlmd.Event]
    given: list[mlmd.Event]

    def contexts(self) -> list[tuple[str, str]]:
        words = {"pipeline": "system.Pipeline", "pipeline_run": "system.PipelineRun"}
        return [(words[kind], context.name) for kind, context in self.around.items() if kind in words]


def _facts(run: mlmd.Context) -> dict[str, Any]:
    """What Graduate recorded of a run, without its prefix."""
    return {name.removeprefix("graduate_"): _plain(value) for name, value in run.custom_properties.items()}


def _is_known_before(name: str) -> bool:
    """Whether a fact is known when a run starts."""
    found = tuple(one for names in _FOUND.values() for one in names)
    return name not in NOBODYS and not _FOLLOWS.fullmatch(name) and not name.startswith(found)


def _named(facts: Mapping[str, Any], wanted: Callable[[str], bool]) -> dict[str, Any]:
    """Some facts as parameters."""
    return {f"graduate_{name}": value for name, value in facts.items() if wanted(name)}


def _key(event: mlmd.Event) -> str:
    return next((step.key for step in event.path.steps if step.HasField("key")), "")


def _by_key(events: Sequence[mlmd.Event], numbers: Mapping[int, int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for event in events:
        found.setdefault(_key(event), []).append(numbers[event.artifact_id])
    return found


def _plain(value: mlmd.Value) -> Any:
    """A property as Python has it; TFX keeps a list under one key of a struct."""
    which = value.WhichOneof("value")
    if which != "struct_value":
        return getattr(value, which)
    found = json_format.MessageToDict(value.struct_value)
    return found["__value__"] if set(found) == {"__value__"} else found


def _parameter(value: mlmd.Value) -> Any:
    """As TFX's compiler for Kubeflow hands a parameter over: what is no number or text becomes JSON."""
    found = _plain(value)
    return found if isinstance(found, int | float | str) else json.dumps(found)


def _milliseconds(iso: str) -> int:
    return int(datetime.datetime.fromisoformat(iso).timestamp() * 1000)
