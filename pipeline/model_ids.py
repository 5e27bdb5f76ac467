"""Which pushed version a word on the command line means.

A folder of one version or of several, a run id, `latest`, `serving`, `NAME`, `NAME:serving`, `NAME:latest` or
`NAME:VERSION`. `serving` is what TensorFlow Serving takes, the highest version; `latest` is what was pushed last as
new: the two differ after a rollback. Nothing here imports TensorFlow or TFX.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import publish
from graduate.errors import UsageError
from graduate.publish import Version

if TYPE_CHECKING:
    from graduate.pipeline.push import Place
    from graduate.pipeline.record import RunRecord
    from graduate.pipeline.workspace import Workspace

LATEST, SERVING = "latest", "serving"
_FORMS = "a model is a pushed folder, a run id, latest, serving, NAME, NAME:latest, NAME:serving or NAME:VERSION"


@dataclass(frozen=True)
class Model:
    """An exported model: the pipeline's name, the version's number, where its folder has one, and that folder."""

    name: str
    version: int | None
    folder: Path

    @property
    def about(self) -> Mapping[str, Any]:
        """What the export says of itself: `task`, `classes`, `raw_feature`, `name`; empty where it says nothing."""
        try:
            found = json.loads((self.folder / "assets.extra" / "graduate.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def resolve(word: str, workspace: Workspace) -> Model:
    """The version that a word means. A folder that holds a model comes before ids that read the same.

    Raises:
        UsageError: there is none, or more than one.
        UserError: the work folder's store cannot be read.
    """
    path = Path(word).expanduser()
    if path.is_dir() and (model := _in_folder(path)):
        return model
    if path.is_file():
        raise UsageError(
            f"{word} is a file, not a model", hint=f"the model comes first: graduate predict latest {word}"
        )
    from graduate.pipeline import push, record

    store = record.open_store(workspace)
    places = [place for place in push.places(workspace, store) if place.versions()]
    if model := _named(word, places):
        return model
    run = record.find_run(store, word) if store else None
    if model := _of_run(word, run, places):
        return model
    raise _unknown(word, path, workspace, places, record.runs(store) if store else ())


def _in_folder(path: Path) -> Model | None:
    folder = Path(path.absolute())
    if (folder / "saved_model.pb").is_file():
        version = int(folder.name) if folder.name.isascii() and folder.name.isdigit() else None
        model = Model(folder.parent.name if version is not None else folder.name, version, folder)
    elif served := publish.serving(folder):
        model = Model(folder.name, served.number, served.folder)
    else:
        return None
    return Model(str(model.about.get("name") or model.name), model.version, model.folder)


def _named(word: str, places: Sequence[Place]) -> Model | None:
    if word in (LATEST, SERVING) and places:
        return _pick(word, word, places)
    if of_name := [place for place in places if place.name == word]:
        return _pick(word, SERVING, of_name)
    name, _, which = word.rpartition(":")
    if of_name := [place for place in places if place.name == name]:
        return _pick(word, which, of_name)
    return None


def _pick(word: str, which: str, places: Sequence[Place]) -> Model:
    found = [(place, version) for place in places if (version := _version(which, place.versions()))]
    if not found:
        known = [str(version.number) for place in places for version in place.versions()]
        raise UsageError(
            f"{places[0].name} has no version {which}", hint=f"there are {', '.join(known)}, {SERVING} and {LATEST}"
        )
    if len(found) > 1:
        several = len({place.name for place, _ in found}) > 1
        choices = [f"{place.name}:{which}" if several else str(place.folder) for place, _ in found]
        choices = list(dict.fromkeys(choices))
        raise UsageError(f"{word} is ambiguous: {', '.join(choices)}", hint=f"name one of them, e.g. {choices[0]}")
    place, version = found[0]
    return Model(place.name, version.number, version.folder)


def _version(which: str, versions: Sequence[Version]) -> Version | None:
    if which == SERVING:
        return versions[-1]
    if which == LATEST:
        return next((version for version in reversed(versions) if not version.card.get("rollback_of")), versions[-1])
    return next((version for version in versions if str(version.number) == which), None)


def _of_run(word: str, run: RunRecord | None, places: Sequence[Place]) -> Model | None:
    """What a run pushed; where that has gone, or the run was blessed by hand, the last version made of its model."""
    pushed_to = run.result.pushed_to if run and run.result else None
    every = [(place, version) for place in places for version in place.versions()]
    of_run = [pair for pair in every if str(pair[1].folder) == pushed_to]
    of_run = of_run or [pair for pair in every if pair[1].card.get("run_id") == word]
    if of_run:
        place, version = of_run[-1]
        return Model(place.name, version.number, version.folder)
    if run is None:
        return None
    if pushed_to:
        raise UsageError(
            f"the version that run {word} pushed has gone: {pushed_to}",
            hint="push.keep says how many versions stay; `graduate models` lists them",
        )
    refused = run.status == "refused"
    because = "the gate refused it" if refused else f"it {_BECAUSE.get(run.status, 'ended')}"
    raise UsageError(
        f"run {word} pushed no model: {because}",
        hint=f'graduate bless {word} --because "…" pushes it all the same'
        if refused
        else "`graduate models` lists models",
    )


_BECAUSE = {
    "failed": "failed",
    "interrupted": "was interrupted",
    "running": "has not ended yet",
    "stopped": "stopped at --until",
    "sick": "was stopped because its training was sick",
    "data_refused": "was stopped by its data",
}


def _unknown(
    word: str, path: Path, workspace: Workspace, places: Sequence[Place], runs: Sequence[RunRecord]
) -> UsageError:
    from graduate.pipeline.cli._parser import suggest

    if path.is_dir():
        return UsageError(
            f"the folder {word} holds no pushed model",
            hint="give a folder with saved_model.pb, or one whose folders are numbered versions",
        )
    if not places:
        return UsageError(
            f"no model has been pushed from {workspace.root} yet",
            hint="graduate run CONFIG pushes one; --workdir DIR names another work folder",
        )
    names = list(dict.fromkeys(place.name for place in places))
    forms = [f"{name}:{which}" for name in names for which in (SERVING, LATEST)]
    near = suggest(word, [*names, LATEST, SERVING, *forms, *(run.run_id for run in runs)])
    return UsageError(
        f"no model {word} in {workspace.root}",
        hint=f"did you mean {near}?" if near else f"{_FORMS}; names here: {', '.join(names)}",
    )
