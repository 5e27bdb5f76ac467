"""What is told of a model: which one it is, what it was made from, how it did and what was decided on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes, walk
from graduate.pipeline.lineage.export import evidence, secrets
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.words import Subject

_MODEL_SLOT = "model"  # in which Evaluator, Pusher and Graduate's nodes take the model itself; a baseline has another


@dataclass(frozen=True)
class Dataset:
    """Examples that a model was made from.

    Attributes:
        artifact: the Examples.
        source: where the rows came from, as its maker was told; "" where it was not.
        splits: their names.
        rows: rows by split; empty where nobody knows any more.
        total: rows in all; None likewise.
        digest: SHA-256 of the manifest, which lists every row with its content hash; None where that is gone.
    """

    artifact: Artifact
    source: str
    splits: Sequence[str]
    rows: Mapping[str, int]
    total: int | None
    digest: str | None


@dataclass(frozen=True)
class Told:
    """A model; what nobody knows is empty or None.

    Attributes:
        artifact: the trained Model.
        push: the version, where it was pushed.
        run: the run that trained it, or took it from the cache and pushed it.
        folder: where its SavedModel is, if it is still there.
        card: the card beside the pushed version.
        config: the resolved config, without secrets.
        metrics: by name, on all rows.
        slices: by slice (`label=7`) and name.
        per_class: by class and name.
        split: which split they were measured on.
        verdicts: as `evidence.verdict` gives them.
        libraries: versions by name, `python` among them: all that were installed, where the run wrote that down.
        datasets: what it was trained from.
        schemas: the schemas of the data.
        features: the columns of the data.
        executions: of the run, in order of time.
    """

    artifact: Artifact
    push: Push | None
    run: Run | None
    folder: Path | None
    card: Mapping[str, Any]
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    slices: Mapping[str, Mapping[str, float]]
    per_class: Mapping[str, Mapping[str, float]]
    split: str
    verdicts: Sequence[Mapping[str, Any]]
    libraries: Mapping[str, str]
    datasets: Sequence[Dataset]
    schemas: Sequence[Artifact]
    features: Sequence[evidence.Feature]
    executions: Sequence[Execution] = field(repr=False)

    @property
    def name(self) -> str:
        """The pipeline's name."""
        told = self.push.pipeline if self.push else (self.run.pipeline if self.run else "")
        return told or str(self.config.get("name") or self.card.get("name") or f"model {self.artifact.id}")

    @property
    def version(self) -> str:
        """The pushed version's number; of a model that was not pushed its artifact's."""
        return str(self.push.version) if self.push and self.push.version is not None else str(self.artifact.id)

    @property
    def task(self) -> str:
        """What it does: `image`, `text`, …; "" where the config does not tell."""
        return str(self.config.get("task") or self.card.get("task") or "")

    @cached_property
    def classes(self) -> list[str]:
        """What it tells apart, in the order of its outputs."""
        told = evidence.read_json(self.folder and self.folder / "assets.extra", "graduate.json").get("classes")
        return [str(one) for one in told] if isinstance(told, list) else sorted(self.per_class)

    @cached_property
    def inputs(self) -> list[evidence.Feature]:
        """The columns that it takes: the raw one of its export where that tells, else all but the label."""
        told = evidence.read_json(self.folder and self.folder / "assets.extra", "graduate.json").get("raw_feature")
        data = self.config.get("data")
        label = data.get("label_feature") if isinstance(data, Mapping) else None
        return [one for one in self.features if (one.name == told if told else one.name != label)]

    @property
    def made(self) -> int:
        """When it was pushed, else made, in milliseconds since 1970."""
        return self.push.artifact.created if self.push else self.artifact.created


def of(records: Records, subject: Subject) -> Told:
    """What is told of the model that a subject is, or made.

    Raises:
        UsageError: there is none.
    """
    artifact, push = _found(records, subject)
    run = subject.run or _trained_in(records, artifact)
    executions = records.executions_of(run) if run else []
    graph = walk.around(records, artifacts=[artifact.id], downstream=False, only=None)
    card = evidence.read_json(Path(push.folder), evidence.CARD) if push else {}
    measured = _measured(records, artifact, executions)
    facts = run.facts if run else {}
    schemas = _schemas(graph, artifact)
    return Told(
        artifact=artifact,
        push=push,
        run=run,
        folder=_folder(artifact, push),
        card=card,
        config=secrets.masked(_mapping((run.config if run else None) or card.get("config"))),
        metrics=_numbers(measured.get("overall") or card.get("metrics") or (run.metrics if run else {})),
        slices=_tables(measured.get("slices") or card.get("slices")),
        per_class=_tables(measured.get("per_class") or card.get("per_class")),
        split=str(measured.get("split") or card.get("evaluated_on") or ""),
        verdicts=_verdicts(records, executions) or _mappings(card.get("verdicts")),
        libraries=_libraries(facts, card, graph),
        datasets=_datasets(records, graph),
        schemas=schemas,
        features=next((found for one in schemas if (found := evidence.features(one.folder))), []),
        executions=executions,
    )


def _found(records: Records, subject: Subject) -> tuple[Artifact, Push | None]:
    if subject.push is not None:
        model = pushes.model_of(records, subject.push)
        return model or subject.push.artifact, subject.push
    if subject.artifact is not None and subject.artifact.kind == "Model":
        return subject.artifact, _push_of(records, subject.artifact, None)
    if subject.run is not None:
        model = _of_run(records, subject.run)
        if model is not None:
            return model, _push_of(records, model, subject.run)
    raise UsageError(
        f"{subject.label} has no model", hint="name a run that trained one, or a model: serving, NAME:VERSION"
    )


def _of_run(records: Records, run: Run) -> Artifact | None:
    """The model that a run trained or found in the cache: the one that most of its nodes took as the model."""
    executions = {one.id: one for one in records.executions_of(run, only=())}
    events = records.events(executions=executions) if executions else []
    named = {event.artifact for event in events}
    models = {one.id: one for one in records.artifacts(ids=named, kinds=("Model",))} if named else {}
    taken = Counter(e.artifact for e in events if not e.output and e.key == _MODEL_SLOT and e.artifact in models)
    if taken:
        return models[max(taken, key=lambda one: (taken[one], one))]
    given = [e.artifact for e in events if e.output and e.artifact in models and not _resolves(executions[e.execution])]
    return models[max(given)] if given else None


def _resolves(execution: Execution) -> bool:
    """Whether a node looks a model up that another run made: TFX's resolvers, Graduate's own LastGraduate."""
    return "resolver" in execution.type.lower() or execution.node.lower().replace("-", "") == "lastgraduate"


def _push_of(records: Records, model: Artifact, run: Run | None) -> Push | None:
    """The version that a model was pushed as, by that run where there are several."""
    takers = [event.execution for event in records.events(artifacts=[model.id]) if not event.output]
    given = [event.artifact for event in (records.events(executions=takers) if takers else []) if event.output]
    found = pushes.pushes(records, ids=given) if given else []
    return next((push for push in found if run is not None and push.run == run.id), found[0] if found else None)


def _trained_in(records: Records, artifact: Artifact) -> Run | None:
    givers = [event.execution for event in records.events(artifacts=[artifact.id]) if event.output]
    found = (
        sorted(records.executions(givers, only=()), key=lambda one: (one.state == "cached", one.id)) if givers else []
    )
    return records.run(found[0].run) if found and found[0].run else None


def _folder(artifact: Artifact, push: Push | None) -> Path | None:
    pushed = evidence.serving_folder(Path(push.folder)) if push and "://" not in push.folder else None
    return pushed or evidence.serving_folder(artifact.folder)


def _measured(records: Records, artifact: Artifact, executions: Sequence[Execution]) -> Mapping[str, Any]:
    """What an evaluation of this model says: the run's own, else the last one that is there."""
    takers = {e.execution for e in records.events(artifacts=[artifact.id]) if not e.output and e.key == _MODEL_SLOT}
    own = takers & {execution.id for execution in executions}
    for among in (own, takers - own):
        given = {e.artifact for e in records.events(executions=among) if e.output} if among else set()
        found = records.artifacts(ids=given, kinds=("ModelEvaluation",)) if given else []
        for evaluation in reversed(found):
            if told := evidence.read_json(evaluation.folder, "metrics.json"):
                return told
    return {}


def _verdicts(records: Records, executions: Sequence[Execution]) -> list[Mapping[str, Any]]:
    return [evidence.verdict(one) for one in records.outputs_of(executions) if one.kind == "graduate.Verdict"]


def _libraries(facts: Mapping[str, Any], card: Mapping[str, Any], graph: walk.Graph) -> dict[str, str]:
    main = _mapping(facts.get("libraries")) or _mapping(card.get("libraries"))
    told = {**_mapping(facts.get("installed")), **main}
    if not told:  # TFX writes its version on every artifact
        versions = {
            str(one.properties["tfx_version"]) for one in graph.artifacts.values() if "tfx_version" in one.properties
        }
        told = {"tfx": max(versions)} if versions else {}
    return {str(name): str(version) for name, version in told.items()}


def _datasets(records: Records, graph: walk.Graph) -> list[Dataset]:
    """The Examples whose makers took no Examples themselves: data as it came in."""
    examples = {number: one for number, one in graph.artifacts.items() if one.kind == "Examples"}
    transforming = {e.execution for e in graph.events if not e.output and e.artifact in examples}
    makers = {e.artifact: e.execution for e in graph.events if e.output and e.artifact in examples}
    sources = [one for number, one in sorted(examples.items()) if makers.get(number) not in transforming]
    asked = {makers[one.id] for one in sources if one.id in makers}
    given = [event for event in records.events(executions=asked) if event.output] if asked else []
    named = {event.artifact for event in given}
    found = {one.id: one for one in records.artifacts(ids=named, kinds=("graduate.Manifest",))} if named else {}
    manifests = {event.execution: found[event.artifact] for event in given if event.artifact in found}
    return [
        _dataset(one, graph.executions.get(makers.get(one.id, 0)), manifests.get(makers.get(one.id, 0)))
        for one in sources
    ]


def _schemas(graph: walk.Graph, model: Artifact) -> list[Artifact]:
    """The schemas that the model's maker took; else every one upstream."""
    found = {number: one for number, one in graph.artifacts.items() if one.kind == "Schema"}
    makers = set(graph.makers(model.id))
    taken = {e.artifact for e in graph.events if e.execution in makers and not e.output}
    chosen = {number: one for number, one in found.items() if number in taken} or found
    return [one for _, one in sorted(chosen.items())]


def _dataset(examples: Artifact, maker: Execution | None, manifest: Artifact | None) -> Dataset:
    folder = manifest.folder if manifest else None
    rows = evidence.rows(folder)
    told = manifest.properties.get("rows") if manifest else None
    return Dataset(
        artifact=examples,
        source=source_of(maker),
        splits=split_names(examples),
        rows=rows,
        total=sum(rows.values()) or (int(told) if isinstance(told, int) else None),
        digest=evidence.sha256(folder / "manifest.jsonl" if folder else None),
    )


def source_of(execution: Execution | None) -> str:
    """Where an ExampleGen read from: Graduate's `input_path`, TFX's `input_base`; without credentials."""
    told = execution.parameters if execution else {}
    return secrets.uri(str(told.get("input_path") or told.get("input_base") or ""))


def split_names(examples: Artifact) -> list[str]:
    """The names of an artifact's splits: TFX writes them as a JSON list."""
    told = examples.properties.get("split_names")
    try:
        found = json.loads(told) if isinstance(told, str) and told else told
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _numbers(value: Any) -> dict[str, float]:
    return {
        str(name): number
        for name, number in _mapping(value).items()
        if isinstance(number, (int, float)) and not isinstance(number, bool)
    }


def _tables(value: Any) -> dict[str, dict[str, float]]:
    return {str(name): _numbers(row) for name, row in _mapping(value).items()}
