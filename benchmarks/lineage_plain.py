"""The questions of lineage.py answered by a straightforward use of ML Metadata's client: what one would write oneself.

Everything is fetched (all executions, all artifacts, all events) and joined in Python; what a question does not need is
not fetched. Each answer is a plain value that has to equal what `graduate` answers.
"""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as mlmd

SMALL = (
    *("graduate.Manifest", "Schema", "ExampleStatistics", "ExampleAnomalies", "graduate.Verdict", "ModelEvaluation"),
    *("graduate.Findings", "graduate.CrossValidation", "ModelBlessing", "PushedModel"),
)
GIVEN = (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)


class Everything:
    """A store, all of it, fetched when it is first needed."""

    def __init__(self, path: Path) -> None:
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READONLY
        self.store = ml_metadata.MetadataStore(config)

    @cached_property
    def executions(self) -> dict[int, mlmd.Execution]:
        return {one.id: one for one in self.store.get_executions()}

    @cached_property
    def artifacts(self) -> dict[int, mlmd.Artifact]:
        return {one.id: one for one in self.store.get_artifacts()}

    @cached_property
    def events(self) -> list[mlmd.Event]:
        return list(self.store.get_events_by_execution_ids(list(self.executions)))

    @cached_property
    def runs(self) -> list[mlmd.Context]:
        return list(self.store.get_contexts_by_type("pipeline_run"))

    @cached_property
    def kinds(self) -> dict[int, str]:
        return {one.id: one.name for one in self.store.get_artifact_types()}

    @cached_property
    def components(self) -> dict[int, str]:
        return {one.id: one.name for one in self.store.get_execution_types()}

    @cached_property
    def given(self) -> dict[int, list[int]]:
        """What each execution gave."""
        return self._grouped(lambda event: (event.execution_id, event.artifact_id), True)

    @cached_property
    def taken(self) -> dict[int, list[int]]:
        """What each execution took."""
        return self._grouped(lambda event: (event.execution_id, event.artifact_id), False)

    @cached_property
    def makers(self) -> dict[int, list[int]]:
        """Who made each artifact; not those that found it in the cache."""
        return self._worked(self._grouped(lambda event: (event.artifact_id, event.execution_id), True))

    @cached_property
    def takers(self) -> dict[int, list[int]]:
        """Who worked on each artifact."""
        return self._worked(self._grouped(lambda event: (event.artifact_id, event.execution_id), False))

    def _grouped(self, pair: Callable[[mlmd.Event], tuple[int, int]], output: bool) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for event in self.events:
            if (event.type in GIVEN) == output:
                one, other = pair(event)
                found[one].append(other)
        return found

    def _worked(self, found: dict[int, list[int]]) -> dict[int, list[int]]:
        cached = {one.id for one in self.executions.values() if one.last_known_state == mlmd.Execution.CACHED}
        return {key: [one for one in executions if one not in cached] for key, executions in found.items()}

    def of_kind(self, kind: str) -> list[mlmd.Artifact]:
        """Artifacts of a type."""
        return [one for one in self.artifacts.values() if self.kinds[one.type_id] == kind]

    def run(self, run_id: str) -> list[int]:
        """The executions of a run."""
        [context] = [one for one in self.runs if one.name == run_id]
        return [one.id for one in self.store.get_executions_by_context(context.id)]

    def walk(self, artifacts: set[int], executions: set[int], up: bool) -> tuple[set[int], set[int]]:
        """Everything upstream or downstream."""
        beside, of = (self.makers, self.taken) if up else (self.takers, self.given)
        seen = (set(artifacts), set(executions))
        waiting = [("artifact", one) for one in artifacts] + [("execution", one) for one in executions]
        while waiting:
            what, number = waiting.pop()
            if what == "artifact":
                new = set(beside.get(number, ())) - seen[1]
                seen[1].update(new)
                waiting += [("execution", one) for one in new]
            else:
                new = set(of.get(number, ())) - seen[0]
                seen[0].update(new)
                waiting += [("artifact", one) for one in new]
        return seen


def text(node: Any, key: str) -> str:
    """A text property."""
    return str(node.custom_properties[key].string_value) if key in node.custom_properties else ""


def all_runs(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Each run with its status and accuracy; of runs without a status, from what their nodes did."""
    found = []
    for run in every.runs:
        status = text(run, "graduate_status")
        if not status:
            nodes = every.store.get_executions_by_context(run.id)
            failed = any(node.last_known_state == mlmd.Execution.FAILED for node in nodes)
            status = "failed" if failed else "complete"
        metric = run.custom_properties.get("graduate_metric_accuracy")
        found.append([run.name, status, metric.double_value if metric is not None else None])
    return sorted(found)


def runs(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The same of the last twenty that started."""
    started = {}
    for run in every.runs:
        told = text(run, "graduate_started")
        ours = datetime.datetime.fromisoformat(told).timestamp() * 1000 if told else 0
        started[run.name] = ours or min(
            [run.create_time_since_epoch]
            + [node.create_time_since_epoch for node in every.store.get_executions_by_context(run.id)]
        )
    last = sorted(started, key=lambda name: started[name])[-20:]
    return [one for one in all_runs(every, facts) if one[0] in last]


def lineage(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Numbers of all artifacts and executions round a pushed model."""
    return _both(every, {_pushed(every, facts).id}, set())


def wide(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The same round a run with hundreds of parents."""
    return _both(every, set(), set(every.run(facts["wide"])))


def wider(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The same round one with thousands."""
    return _both(every, set(), set(every.run(facts["wider"])))


def _both(every: Everything, artifacts: set[int], executions: set[int]) -> Any:
    up, down = every.walk(artifacts, executions, True), every.walk(artifacts, executions, False)
    return [sorted(up[0] | down[0]), sorted(up[1] | down[1])]


def why(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Each verdict of a run, and whether it passed."""
    found = {}
    for execution in every.run(facts["refused"]):
        for number in every.given.get(execution, ()):
            artifact = every.artifacts[number]
            if every.kinds[artifact.type_id] == "graduate.Verdict":
                found[text(artifact, "source")] = bool(artifact.custom_properties["passed"].int_value)
    return found


def diff(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Keys of the config that differ between two runs, and how many rows came and went."""
    configs, rows = [], []
    for run_id in (facts["before"], facts["run"]):
        [run] = [one for one in every.runs if one.name == run_id]
        configs.append(dict(_flat(json.loads(text(run, "graduate_config")))))
        given = [one for execution in every.run(run_id) for one in every.given.get(execution, ())]
        [manifest] = [one for one in given if every.kinds[every.artifacts[one].type_id] == "graduate.Manifest"]
        rows.append({row["hash"] for row in _manifest(every.artifacts[manifest].uri)})
    keys = [key for key in sorted(configs[0] | configs[1]) if configs[0].get(key) != configs[1].get(key)]
    return {"config": keys, "added": len(rows[1] - rows[0]), "removed": len(rows[0] - rows[1])}


def affected(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Versions that were pushed of models whose data held a file."""
    found = set()
    for manifest in every.of_kind("graduate.Manifest"):
        if any(row["hash"] == facts["hash"] for row in _manifest(manifest.uri)):
            beside = [one for execution in every.makers[manifest.id] for one in every.given[execution]]
            found |= every.walk({manifest.id, *beside}, set(), False)[0]
    versions = {one: text(every.artifacts[one], "pushed_version") for one in found}
    return sorted(version for one, version in versions.items() if _is(every, one, "PushedModel") and version)


def serving(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The highest version in each folder."""
    found: dict[str, int] = {}
    for artifact in every.of_kind("PushedModel"):
        destination = text(artifact, "pushed_destination")
        if destination:
            place = str(Path(destination).parent)
            found[place] = max(found.get(place, 0), int(text(artifact, "pushed_version")))
    return sorted(map(list, found.items()))


def prov(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Numbers of the executions that a pushed model came from, and of all that they took and gave."""
    artifacts, executions = every.walk({_pushed(every, facts).id}, set(), True)
    given = {one for execution in executions for one in every.given[execution]}
    return [sorted(artifacts | given), sorted(executions)]


def openlineage(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The nodes that ran to make it."""
    nodes = every.walk({_pushed(every, facts).id}, set(), True)[1]
    return sorted({every.components[every.executions[one].type_id].rpartition(".")[2] for one in nodes})


def mlbom(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Metrics of the run that pushed it."""
    [maker] = every.makers[_pushed(every, facts).id]
    [run] = [one for one in every.store.get_contexts_by_execution(maker) if one.type == "pipeline_run"]
    start = "graduate_metric_"
    told = run.custom_properties.items()
    return {name.removeprefix(start): value.double_value for name, value in told if name.startswith(start)}


modelcard = mlbom


def gc(every: Everything, facts: Mapping[str, Any]) -> Any:
    """Numbers of the artifacts whose folders can go."""
    kept = _needed(every)
    folders = {every.artifacts[one].uri for one in kept if one in every.artifacts}
    root = str(Path(facts["work folder"]) / "artifacts")
    free = [one for one in every.artifacts.values() if one.id not in kept and one.uri not in folders]
    return sorted(one.id for one in free if one.uri.startswith(root) and Path(one.uri).exists())


def _needed(every: Everything) -> set[int]:
    """What pushed versions on disk came from, what is small of the others, what the last ten runs took and gave."""
    serves = {f"{place}/{version}" for place, version in serving(every, {})}
    kept: set[int] = set()
    for pushed in every.of_kind("PushedModel"):
        destination = text(pushed, "pushed_destination")
        artifacts, executions = every.walk({pushed.id}, set(), True)
        for execution in executions:
            artifacts |= {*every.given[execution], *every.taken[execution]}
        if destination in serves or Path(destination).exists():
            kept |= artifacts
        else:
            kept |= {one for one in artifacts if every.kinds[every.artifacts[one].type_id] in SMALL}
    by_pipeline: dict[str, list[mlmd.Context]] = defaultdict(list)
    for run in sorted(every.runs, key=lambda run: text(run, "graduate_started"), reverse=True):
        by_pipeline[text(run, "graduate_name")].append(run)
    for name, own in by_pipeline.items():
        finished = [at for at, run in enumerate(own) if text(run, "graduate_status") not in ("", "running", "failed")]
        last = [*finished, *[len(own)] * 10][9]
        for run in own[: last + 1] if name else ():
            for execution in every.store.get_executions_by_context(run.id):
                kept |= {*every.given[execution.id], *every.taken[execution.id]}
    return kept


def ui(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The last fifty runs."""
    last = sorted(every.runs, key=lambda run: run.id, reverse=True)[:50]
    return sorted(run.name for run in last)


def ui_run(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The executions of a run."""
    return sorted(every.run(facts["run"]))


def ui_search(every: Everything, facts: Mapping[str, Any]) -> Any:
    """The last fifty executions of a type with a word in its name."""
    fit = [one.id for one in every.executions.values() if "trainer" in every.components[one.type_id].lower()]
    return sorted(sorted(fit)[-50:])


def _pushed(every: Everything, facts: Mapping[str, Any]) -> mlmd.Artifact:
    version = facts["model"].partition(":")[2]
    [found] = [one for one in every.of_kind("PushedModel") if text(one, "pushed_version") == version]
    return found


def _is(every: Everything, number: int, kind: str) -> bool:
    return every.kinds[every.artifacts[number].type_id] == kind


def _manifest(uri: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(uri) / "manifest.jsonl").read_text().splitlines()]


def _flat(value: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, one in value.items():
        name = f"{above}{key}"
        found += _flat(one, f"{name}.") if isinstance(one, Mapping) else [(name, one)]
    return found
