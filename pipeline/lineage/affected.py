"""`graduate affected`: which models contain some data: the question after bad data was found.

Only what went in counts: from Examples through executions that give Examples or a TransformGraph to one that gives
a Model, from a Model through a Pusher, an override or a warm start, from a pushed model through a rollback. An
Evaluator's baseline, a verdict, a condition, the node that reads which model serves: nothing passes through these.

Complete or loudly partial: every manifest is searched whole, or named with the models that may contain what was asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graduate.pipeline.lineage import affected_data, pushes
from graduate.pipeline.lineage.affected_data import Found, Match, Version
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event

_DATA = ("Examples", "TransformGraph")
_COMPARED = ("baseline", "baseline_model")  # slots of a model that is only compared with
_TRAINING = ("train",)  # the splits that TFX's Trainer trains on where it is not told otherwise
TRAINED, EVALUATED = "trained on", "evaluated on"


@dataclass(frozen=True)
class Affected:
    """A model that has to do with the data.

    Attributes:
        model: the Model as its Trainer gave it.
        run: the run that trained it, "" where the store does not tell.
        pipeline: its pipeline, likewise.
        status: of that run.
        relation: TRAINED where the data was in a split that it was trained on, else EVALUATED.
        examples: numbers of the Examples through which.
        pushed: its versions, the latest first.
        serving: numbers of those PushedModels that serve.
    """

    model: Artifact
    run: str
    pipeline: str
    status: str
    relation: str
    examples: tuple[int, ...]
    pushed: tuple[Push, ...] = ()
    serving: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Gone:
    """The data is no longer in what a pipeline trains on: the last version that had it, and the one of now."""

    pipeline: str
    last: Version
    now: Version


@dataclass(frozen=True)
class Answer:
    """What contains the data.

    Attributes:
        asked: the argument.
        found: what it means.
        models: those that serve first, then pushed ones, then those that were only trained.
        gone: pipelines whose present data lacks it.
        maybe: by the number of Examples that could not be searched, models trained on them.
    """

    asked: str
    found: Found
    models: list[Affected]
    gone: list[Gone]
    maybe: dict[int, list[Affected]] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether something could not be searched, so that the answer may lack models."""
        return bool(self.found.unreadable or self.found.without)

    def to_json(self) -> dict[str, Any]:
        """The answer; numbers are those of artifacts."""
        return {
            "asked": self.asked,
            "as": self.found.how,
            "partial": self.partial,
            "data": [_match_json(match) for match in self.found.matches],
            "models": [_model_json(model) for model in self.models],
            "gone_from": [
                {"pipeline": one.pipeline, "last": one.last.examples.id, "now": one.now.examples.id}
                for one in self.gone
            ],
            "unreadable": [
                {
                    "examples": version.examples.id,
                    "manifest": version.manifest.uri if version.manifest else None,
                    "why": why,
                    "models": [_model_json(model) for model in self.maybe.get(version.examples.id, ())],
                }
                for version, why in self.found.unreadable
            ],
            "without_manifest": [
                {
                    "examples": version.examples.id,
                    "uri": version.examples.uri,
                    "models": [_model_json(model) for model in self.maybe.get(version.examples.id, ())],
                }
                for version in self.found.without
            ],
            "did_you_mean": self.found.near,
        }


def affected(records: Records, asked: str) -> Answer:
    """The models that contain some data.

    Args:
        records: the store.
        asked: the data, as somebody typed it (`affected_data.find`).

    Raises:
        UsageError: it means nothing that the store knows, or several things.
    """
    found = affected_data.find(records, asked)
    every = pushes.pushes(records)
    models = _models(records, found.matches, every)
    unsure = [version for version, _ in found.unreadable] + found.without
    certain = {model.model.id for model in models if model.relation == TRAINED}
    maybe: dict[int, list[Affected]] = {}
    for model in _models(records, [Match(version, whole=True) for version in unsure], every) if unsure else ():
        if model.model.id not in certain:
            for number in model.examples:
                maybe.setdefault(number, []).append(model)
    return Answer(asked, found, models, _gone(found), maybe)


def _gone(found: Found) -> list[Gone]:
    """Per pipeline, where what it used last lacks what an earlier version had."""
    having = {match.version.examples.id for match in found.matches}
    unknown = {version.examples.id for version, _ in found.unreadable} | {one.examples.id for one in found.without}
    by_pipeline: dict[str, list[Version]] = {}
    for version in found.versions:
        by_pipeline.setdefault(version.pipeline, []).append(version)
    gone = []
    for pipeline, versions in sorted(by_pipeline.items()):
        last = [version for version in versions if version.examples.id in having]
        now = max(versions, key=lambda version: (version.used, version.examples.id))
        if found.how in ("file", "content") and last and now.examples.id not in having | unknown:
            gone.append(Gone(pipeline, max(last, key=lambda version: version.used), now))
    return gone


def _models(records: Records, matches: Sequence[Match], every: Sequence[Push]) -> list[Affected]:
    flow = _Flow(records, matches)
    serving = {push.artifact.id for push in pushes.serving(every)}
    by_model: dict[int, list[Push]] = {}
    for push in every:
        for number in flow.pushed.get(push.artifact.id, ()):
            by_model.setdefault(number, []).append(push)
    makers = flow.makers
    runs = {run.id: run for run in records.runs(ids={one.run for one in makers.values()} - {""})} if makers else {}
    models = []
    for model in records.artifacts(ids=flow.models, only=()) if flow.models else ():
        maker = makers.get(model.id)
        run = runs.get(maker.run) if maker else None
        origins = flow.models[model.id]
        pushed = tuple(by_model.get(model.id, ()))
        models.append(
            Affected(
                model=model,
                run=maker.run if maker else "",
                pipeline=(run.pipeline if run else "") or (maker.pipeline if maker else ""),
                status=run.status if run else "",
                relation=TRAINED if any(origins.values()) else EVALUATED,
                examples=tuple(sorted({matches[at].version.examples.id for at in origins})),
                pushed=pushed,
                serving=frozenset(push.artifact.id for push in pushed if push.artifact.id in serving),
            )
        )
    return sorted(models, key=lambda one: (not one.serving, not one.pushed, one.relation != TRAINED, -one.model.id))


class _Flow:
    """Follows data a frontier at a time, and remembers from which matches it came.

    Attributes:
        models: by number of a Model, by match, whether it was trained on it.
        pushed: by number of a PushedModel, the Models that were pushed by it.
        makers: by number of a Model, the execution that trained it.
    """

    def __init__(self, records: Records, matches: Sequence[Match]) -> None:
        self._records, self._matches = records, matches
        self._data: dict[int, set[int]] = {}
        self.models: dict[int, dict[int, bool]] = {}
        self.pushed: dict[int, set[int]] = {}
        self.makers: dict[int, Execution] = {}
        self._kinds: dict[int, str] = {}
        self._executions: dict[int, Execution] = {}
        for at, match in enumerate(matches):
            self._data.setdefault(match.version.examples.id, set()).add(at)
        self._kinds |= dict.fromkeys(self._data, "Examples")
        frontier = set(self._data)
        while frontier:
            frontier = self._go_on(frontier)

    def _go_on(self, frontier: Collection[int]) -> set[int]:
        """One step: whatever took something of the frontier; what it gave and is new, or is known to hold more."""
        taken = [event for event in self._records.events(artifacts=frontier) if not event.output]
        ids = {event.execution for event in taken if _goes_in(event)}
        if not ids:
            return set()
        unknown = ids - self._executions.keys()
        self._executions |= {one.id: one for one in self._records.executions(unknown, only=("train_args", "inputs"))}
        events = self._records.events(executions=ids & self._executions.keys())
        self._learn({event.artifact for event in events})
        by_execution: dict[int, list[Event]] = {}
        for event in events:
            by_execution.setdefault(event.execution, []).append(event)
        changed: set[int] = set()
        for number, own in by_execution.items():
            changed |= self._through(self._executions[number], own)
        return changed

    def _through(self, execution: Execution, events: Sequence[Event]) -> set[int]:
        inputs = [event for event in events if not event.output and _goes_in(event)]
        outputs = {event.artifact for event in events if event.output}
        data = {at for event in inputs for at in self._data.get(event.artifact, ())}
        bases = [event.artifact for event in inputs if event.artifact in self.models and event.key not in _COMPARED]
        pushed = {model for event in inputs for model in self.pushed.get(event.artifact, ())}
        changed: set[int] = set()
        for number in outputs:
            kind = self._kinds.get(number)
            if kind in _DATA and data - self._data.get(number, set()):
                self._data.setdefault(number, set()).update(data)
                changed.add(number)
            elif kind == "Model" and (data or bases):
                changed |= self._into_model(number, execution, data, bases)
            elif kind == "PushedModel" and {*bases, *pushed} - self.pushed.get(number, set()):
                self.pushed.setdefault(number, set()).update(bases, pushed)
                changed.add(number)
            elif kind == "ModelEvaluation" and data:
                self._evaluated(inputs, data)
        return changed

    def _into_model(self, number: int, execution: Execution, data: Iterable[int], bases: Sequence[int]) -> set[int]:
        splits = _training_splits(execution.parameters)
        new = {at: self._is_in(at, splits) for at in data}
        for base in bases:  # a warm start: what is in the base is in the model
            for at, trained in self.models[base].items():
                new[at] = new.get(at, False) or trained
        known = self.models.setdefault(number, {})
        before = dict(known)
        known |= {at: trained or known.get(at, False) for at, trained in new.items()}
        if number not in self.makers or self.makers[number].state == "cached":
            self.makers[number] = execution
        return {number} if known != before else set()

    def _evaluated(self, inputs: Sequence[Event], data: Iterable[int]) -> None:
        """Data that a model met in its evaluation alone: it does not contain it, and is told as such."""
        for event in inputs:
            if self._kinds.get(event.artifact) == "Model" and event.key not in _COMPARED:
                known = self.models.setdefault(event.artifact, {})
                for at in data:
                    known.setdefault(at, False)

    def _is_in(self, at: int, splits: Collection[str]) -> bool:
        held = self._matches[at].splits
        return held is None or not held.isdisjoint(splits)

    def _learn(self, artifacts: Collection[int]) -> None:
        unknown = set(artifacts) - self._kinds.keys()
        if unknown:
            self._kinds |= {one.id: one.kind for one in self._records.artifacts(ids=unknown, only=())}


def _goes_in(event: Event) -> bool:
    """Whether something of an artifact goes into what is made: not where a condition alone looked at it."""
    return not event.key.startswith("_")


def _training_splits(parameters: Mapping[str, Any]) -> Collection[str]:
    """The splits that a Trainer trains on: TFX's `train_args`, a TrainArgs message as JSON."""
    import json

    told = parameters.get("train_args")
    try:
        told = json.loads(told) if isinstance(told, str) else told
        splits = told.get("splits") if isinstance(told, Mapping) else None
    except ValueError:
        splits = None
    return tuple(map(str, splits)) if splits else _TRAINING


def _match_json(match: Match) -> dict[str, Any]:
    version = match.version
    return {
        "examples": version.examples.id,
        "uri": version.examples.uri,
        "pipeline": version.pipeline or None,
        "run": version.maker.run if version.maker else None,
        "created": version.examples.created,
        "whole": match.whole,
        "renamed": match.renamed,
        "rows": [{"path": row.path, "hash": row.hash, "split": row.split, "class": row.label} for row in match.rows],
    }


def _model_json(model: Affected) -> dict[str, Any]:
    return {
        "model": model.model.id,
        "uri": model.model.uri,
        "pipeline": model.pipeline or None,
        "run": model.run or None,
        "status": model.status or None,
        "relation": model.relation.replace(" ", "_"),
        "examples": list(model.examples),
        "serves": bool(model.serving),
        "pushed": [
            {
                "version": push.version,
                "folder": push.folder,
                "at": push.artifact.created,
                "by_hand": push.by_hand or None,
                "serves": push.artifact.id in model.serving,
            }
            for push in model.pushed
        ],
    }
