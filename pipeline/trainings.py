"""Which training a word on the command line means: a path, or a run of the work folder. Knows no TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError

if TYPE_CHECKING:
    from graduate.pipeline.record import RunRecord
    from graduate.pipeline.workspace import Workspace
    from graduate.trace.find import Found

_FORMS = "a training is a trace's folder, event files, a CSV log, a run id, latest, NAME or NAME:latest"


def find(word: str, workspace: Workspace) -> tuple[tuple[Found, ...], Mapping[str, Any]]:
    """The trainings that a word means, and the `diagnostics` settings of its run; a path comes before a run's id.

    Raises:
        UsageError: there is none.
        UserError: what is there cannot be read.
    """
    from graduate.trace import find as on_disk

    if Path(word).expanduser().exists():
        return on_disk.at(Path(word).expanduser()), {}
    run = run_of(word, workspace)
    folder = _model_run(run, workspace)
    found = on_disk.at(folder)
    named = tuple(on_disk.Found(run.run_id, one.trace, one.path, one.note) for one in found)
    settings = dict(run.config.get("diagnostics") or {})
    if settings.get("module"):
        settings["module"] = str(_config_folder(run, workspace) / Path(settings["module"]).expanduser())
    return named, settings


def _config_folder(run: RunRecord, workspace: Workspace) -> Path:
    """The folder of the config that a run was given; the current one where nobody wrote it down."""
    from graduate.pipeline import record

    store = record.open_store(workspace)
    assert store is not None  # the run is in it
    (context,) = store.get_contexts_by_id([run.context_id])
    return Path(context.custom_properties["graduate_config_file"].string_value).parent


def run_of(word: str, workspace: Workspace) -> RunRecord:
    """The run that a word means: its id, `latest`, or the name of a pipeline, whose last run it is.

    Raises:
        UsageError: there is none, or `latest` could be several.
    """
    from graduate.pipeline import record
    from graduate.pipeline.cli._parser import suggest

    records = record.read_runs(workspace)
    name, _, which = word.rpartition(":")
    wanted = [
        run
        for run in records
        if run.run_id == word or word in ("latest", run.name) or (which == "latest" and run.name == name)
    ]
    names = sorted({run.name for run in wanted})
    if len(names) > 1:
        raise UsageError(f"latest of which? {', '.join(f'{one}:latest' for one in names)}")
    if not wanted:
        near = suggest(word, [*(run.run_id for run in records), *{run.name for run in records}])
        hint = f"did you mean {near}?" if near else _FORMS
        raise UsageError(f"{word} is no path, and no run in {workspace.root}", hint=hint)
    return wanted[0]


def _model_run(run: RunRecord, workspace: Workspace) -> Path:
    from graduate.pipeline import by_hand, record

    store = record.open_store(workspace)
    assert store is not None  # the run is in it
    artifact = by_hand.outputs(store, run).get("ModelRun")
    if artifact is None or not Path(artifact.uri).is_dir():
        raise UsageError(f"run {run.run_id} has no training on the disk ({run.status})", hint="name another run")
    if not any(Path(artifact.uri).glob("**/header.json")):
        raise UsageError(f"run {run.run_id} recorded no trace", hint="diagnostics.during_training: report records one")
    last = Path(artifact.uri, "trace")  # beside it may lie those from before a cure that began anew
    return last if last.is_dir() else Path(artifact.uri)
