"""`graduate affected`: which models contain some data: the question after bad data was found.

`affected_data` finds the data, `affected_flow` where it went. Complete or loudly partial: every manifest is searched
whole, or named with the models that may contain what was asked; so are models of data that no manifest tells of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graduate.pipeline.lineage import affected_data, pushes
from graduate.pipeline.lineage.affected_data import Found, Match, Version
from graduate.pipeline.lineage.affected_flow import Flow, Splits
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Artifact, Execution, Records

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
        unknown: models of data that no manifest tells of, where a file was asked for.
    """

    asked: str
    found: Found
    models: list[Affected]
    gone: list[Gone]
    maybe: dict[int, list[Affected]] = field(default_factory=dict)
    unknown: list[Affected] = field(default_factory=list)

    @property
    def blind(self) -> bool:
        """Whether a file was asked for where no manifest is."""
        return self.found.how in ("file", "content") and not self.found.versions

    @property
    def partial(self) -> bool:
        """Whether something could not be searched, so that the answer may lack models."""
        return bool(self.found.unreadable or self.unknown or self.blind)

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
            "without_manifest": [_model_json(model) for model in self.unknown],
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
    every = pushes.pushed(records)
    sources = found.versions or [match.version for match in found.matches]
    flow = Flow(records, [[version.examples.id] for version in sources])
    telling = _Telling(records, flow, sources, every)
    unknown = _unknown(flow, every) if found.how in ("file", "content") else set()
    telling.learn(unknown | telling.met(found.matches).keys())
    models = telling.affected(found.matches)
    certain = {model.model.id for model in models if model.relation == TRAINED}
    maybe = {
        version.examples.id: [
            model for model in telling.affected([Match(version, whole=True)]) if model.model.id not in certain
        ]
        for version, _ in found.unreadable
    }
    untold = telling.told({number: {} for number in unknown - certain}, brief=True)
    return Answer(asked, found, models, _gone(found), maybe, untold)


def _unknown(flow: Flow, every: Sequence[Push]) -> set[int]:
    """Models of data that no manifest tells of."""
    copies = {push.folder for push in every}
    return flow.mixed | {
        number
        for number, model in flow.every.items()
        if number not in flow.models and model.properties.get("none") != 1 and model.uri.rstrip("/") not in copies
    }


def _gone(found: Found) -> list[Gone]:
    """Per pipeline, where what it used last lacks what an earlier version had."""
    having = {match.version.examples.id for match in found.matches}
    unknown = {version.examples.id for version, _ in found.unreadable}
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


class _Telling:
    """Tells of models what people ask next: run, versions, which serves."""

    def __init__(self, records: Records, flow: Flow, sources: Sequence[Version], every: Sequence[Push]) -> None:
        self._records, self._flow = records, flow
        self._at = {version.examples.id: at for at, version in enumerate(sources)}
        self._numbers = {at: number for number, at in self._at.items()}
        self._serving = {push.artifact.id for push in pushes.serving(every)}
        self._pushed: dict[int, list[Push]] = {}
        for push in every:
            for number in flow.pushed.get(push.artifact.id, ()):
                self._pushed.setdefault(number, []).append(push)
        self._makers: dict[int, Execution] = {}
        self._named: dict[int, Push] = {}  # by number of the PushedModel, with who pushed it

    def learn(self, models: Collection[int]) -> None:
        """Who made and who pushed these: asked of all together, a store answers it at once."""
        self._makers |= self._flow.makers(set(models) - self._makers.keys())
        bare = [push for number in models for push in self._pushed.get(number, ())]
        unknown = [push for push in bare if push.artifact.id not in self._named]
        self._named |= {push.artifact.id: push for push in pushes.with_givers(self._records, unknown)}

    def affected(self, matches: Sequence[Match]) -> list[Affected]:
        """The models that have to do with these."""
        held = {self._at[match.version.examples.id]: match.splits for match in matches}
        met = self.met(matches)
        splits = self._flow.splits({one for origins in met.values() for ids in origins.values() for one in ids})
        return self.told(
            {
                number: {
                    at: any(_is_in(held[at], splits.get(one, frozenset())) for one in executions)
                    for at, executions in origins.items()
                }
                for number, origins in met.items()
            }
        )

    def met(self, matches: Sequence[Match]) -> dict[int, dict[int, frozenset[int]]]:
        """By model, by source of these, the executions that trained it on that."""
        held = {self._at[match.version.examples.id] for match in matches}
        return {
            number: {at: executions for at, executions in origins.items() if at in held}
            for number, origins in self._flow.models.items()
            if not held.isdisjoint(origins)
        }

    def told(self, found: Mapping[int, Mapping[int, bool]], *, brief: bool = False) -> list[Affected]:
        """Models by number, each with the sources that it met, and whether it was trained on what was asked of them.

        In brief without the status of runs: of other programs' runs it is told by all that their nodes did.
        """
        self.learn(found)
        makers = {number: self._makers[number] for number in found if number in self._makers}
        wanted = set() if brief else {one.run for one in makers.values()} - {""}
        runs = {run.id: run for run in self._records.runs(ids=wanted)} if wanted else {}
        models = []
        for number, origins in found.items():
            maker = makers.get(number)
            run = runs.get(maker.run) if maker else None
            pushed = tuple(self._named[push.artifact.id] for push in self._pushed.get(number, ()))
            models.append(
                Affected(
                    model=self._flow.every[number],
                    run=maker.run if maker else "",
                    pipeline=(run.pipeline if run else "") or (maker.pipeline if maker else ""),
                    status=run.status if run else "",
                    relation=TRAINED if any(origins.values()) else EVALUATED,
                    examples=tuple(sorted(self._numbers[at] for at in origins)),
                    pushed=pushed,
                    serving=frozenset(push.artifact.id for push in pushed) & self._serving,
                )
            )
        return sorted(models, key=lambda one: (not one.serving, not one.pushed, one.relation != TRAINED, -one.model.id))


def _is_in(held: Collection[str] | None, trained: Splits) -> bool:
    """Whether rows in these splits (None: in all) were trained on."""
    return bool(trained) if held is None else not trained.isdisjoint(held)


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
