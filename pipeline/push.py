"""Pushed models of a work folder: where they are, which serves, and what people do to them by hand.

A rollback and an override publish a version like any push, and are executions in ML Metadata that say who, when and
why. Nothing here imports TensorFlow or TFX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import model_card, publish
from graduate.errors import UsageError, UserError
from graduate.pipeline import by_hand, record
from graduate.pipeline.record import RunRecord
from graduate.pipeline.workspace import Workspace
from graduate.publish import Version

if TYPE_CHECKING:
    from ml_metadata import MetadataStore

_KEEP = 5  # as the config's default, for a folder whose config is not known


@dataclass(frozen=True)
class Place:
    """A folder of versions; `keep` is how many of them stay, `name` the pipeline that pushes there."""

    name: str
    folder: Path
    keep: int = _KEEP

    def versions(self) -> list[Version]:
        """The one that serves last; empty where nothing has been pushed."""
        return publish.versions(self.folder)


def places(workspace: Workspace, store: MetadataStore | None) -> list[Place]:
    """Where the pipelines of a work folder push to, by name; also folders below `models/` that no run tells of."""
    found: dict[Path, Place] = {}
    for run in record.runs(store) if store else ():
        push = run.config.get("push") or {}
        folder = workspace.push_to(run.name, push.get("to"))
        found.setdefault(folder, Place(run.name, folder, int(push.get("keep") or _KEEP)))
    below = workspace.root / "models"
    for folder in sorted(below.iterdir()) if below.is_dir() else ():
        if folder.is_dir() and publish.versions(folder):
            found.setdefault(folder, Place(folder.name, folder))
    return sorted(found.values(), key=lambda place: (place.name, str(place.folder)))


def pick(among: Sequence[Place], name: str | None) -> Place:
    """The place that a name means; without one, the only place there is.

    Raises:
        UsageError: there is none, or more than one.
    """
    pushed = [place for place in among if place.versions()]
    if name is not None:
        given = Path(name)
        if given.is_dir() and publish.versions(given):
            absolute = Path(given.absolute())
            return next((place for place in among if place.folder == absolute), Place(absolute.name, absolute))
        found = [place for place in among if place.name == name]
        if not found:
            raise UsageError(f"no pipeline {name} in this work folder", hint=_known(among))
        found = [place for place in found if place in pushed] or found  # push.to may have been another one before
    else:
        found = pushed
    if not found or (name is not None and not any(place.versions() for place in found)):
        what = f"{name} has" if name else "this work folder has"
        raise UsageError(f"{what} no pushed model", hint="graduate run CONFIG pushes one")
    if len(found) > 1:
        chosen = [str(place.folder) if name else place.name for place in found]
        raise UsageError(f"which model? {', '.join(chosen)}", hint=f"name it: graduate … {chosen[0]}")
    return found[0]


def _known(among: Sequence[Place]) -> str:
    names = sorted({place.name for place in among})
    return f"pipelines here: {', '.join(names)}" if names else "nothing has run in this work folder yet"


def before(versions: Sequence[Version]) -> Version | None:
    """The version that a rollback goes back to: the one before the model that serves was first pushed.

    A version that was published again counts where it first stood: two rollbacks in a row go two models back.
    """
    if not versions:
        return None
    serving = versions[-1]
    first = min((v.number for v in versions if _same(v, serving)), default=serving.number)
    first = min(first, int((serving.card.get("rollback_of") or {}).get("version") or first))
    older = [v for v in versions if v.number < first and not _same(v, serving) and not v.card.get("rollback_of")]
    return older[-1] if older else None


def _same(one: Version, other: Version) -> bool:
    content = one.card.get("content")
    return one.number == other.number or (content is not None and content == other.card.get("content"))


@dataclass(frozen=True)
class Change:
    """What a rollback or an override came to: the version that served before, the one that serves now."""

    place: Place
    was: int | None
    now: Version


def roll_back(store: MetadataStore | None, place: Place, to: int | None, because: str) -> Change:
    """Make an earlier version serve again, under a new number.

    Args:
        store: where it is written down; None where the work folder has no store.
        place: the folder of versions.
        to: the number of the version; None for the one before the model that serves.
        because: why; may be empty.

    Raises:
        UsageError: there is no such version, or it serves already.
        UserError: the folder cannot be written; what served serves still.
    """
    versions = place.versions()
    target = before(versions) if to is None else next((v for v in versions if v.number == to), None)
    if target is None:
        there = ", ".join(str(version.number) for version in versions)
        raise UsageError(
            f"{place.name} has no version before the one that serves"
            if to is None
            else f"{place.name} has no version {to}",
            hint=f"versions of {place.name}: {there}" + (" (the last one serves)" if len(versions) > 1 else ""),
        )
    if target.number == versions[-1].number:
        raise UsageError(f"version {target.number} of {place.name} serves already")
    done = by_hand.Deed(because)
    told = {"version": target.number, **done.to_json()}

    def card(number: int, served: Version | None, content: str) -> tuple[Mapping[str, Any], str]:
        return model_card.republished(target.card, number, served, content, rollback_of=told)

    published = publish.publish(target.folder, place.folder, card, keep=place.keep, again=True)
    if store is not None:
        properties = {"from_version": versions[-1].number, "to_version": target.number}
        by_hand.write_rollback(store, place.name, published.version, target, done, properties)
    return Change(place, versions[-1].number, published.version)


def bless(store: MetadataStore, workspace: Workspace, run: RunRecord, because: str) -> Change:
    """Push the model of a run that the gate refused, and write down who overrode it and why.

    Raises:
        UsageError: the run is not one that the gate refused.
        UserError: its model has gone, or the folder cannot be written; what served serves still.
    """
    if run.status != "refused" or run.result is None:
        raise UsageError(f"run {run.run_id} {_WHY_NOT.get(run.status, 'was not refused by the gate')}", hint=_HINT)
    found = by_hand.outputs(store, run)
    model = _model(found, run.run_id)
    push = run.config.get("push") or {}
    place = Place(run.name, workspace.push_to(run.name, push.get("to")), int(push.get("keep") or _KEEP))
    done = by_hand.Deed(because)
    refused = [
        reason
        for verdict in run.result.verdicts
        if not verdict.passed and verdict.source != "Gate"
        for reason in verdict.reasons
    ]
    facts = model_card.Facts(
        run_id=run.run_id,
        verdicts=run.result.verdicts,
        evaluation=_uri(found, "ModelEvaluation"),
        manifest=_uri(found, "graduate.Manifest"),
        schema=_uri(found, "Schema"),
        training=_uri(found, "ModelRun"),
        more={
            "name": run.name,
            "task": run.config.get("task"),
            "config": run.config,
            "blessed_by_hand": {**done.to_json(), "refused": refused},
        },
    )
    served = publish.serving(place.folder)
    published = publish.publish(model, place.folder, facts.card, keep=place.keep)
    if published.already:
        raise UsageError(f"the model of run {run.run_id} serves already: version {published.version.number}")
    by_hand.write_override(store, run, found, published.version, done, {"refused": json.dumps(refused)})
    return Change(place, served.number if served else None, published.version)


_HINT = "only a run that the gate refused (exit 3) can be blessed by hand"
_WHY_NOT = {
    "pushed": "was pushed: there is nothing to override",
    "data_refused": "was stopped by its data: no model was trained",
    "sick": "was stopped because its training was sick: its model cannot be blessed",
    "failed": "failed before there was a verdict",
    "interrupted": "was interrupted before there was a verdict",
    "stopped": "stopped at --until before there was a verdict",
    "running": "has not ended yet",
}


def _model(found: Mapping[str, Any], run_id: str) -> Path:
    if "Model" in found:
        uri = Path(found["Model"].uri)
        for folder in (uri / "Format-Serving", uri):
            if (folder / "saved_model.pb").is_file():
                return folder
    raise UserError(f"the model of run {run_id} has gone from the work folder", hint="run its config again")


def _uri(found: Mapping[str, Any], kind: str) -> str | None:
    return found[kind].uri if kind in found else None
