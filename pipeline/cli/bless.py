"""`graduate bless RUN --because "…"`: push a model that the gate refused, recorded with who and why."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from ml_metadata import MetadataStore

    from graduate.pipeline.record import RunRecord

HELP = "push a model that the gate refused, recorded with who and why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("run", metavar="RUN", help="the id of a refused run, `latest`, or NAME:latest")
    parser.add_argument(
        "--because", metavar="TEXT", required=True, help="why; it stands in the model card and the store"
    )
    _common.add_workdir(parser)
    _common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline import push, record
    from graduate.pipeline.cli import _kserve

    if not args.because.strip():
        raise UsageError("--because is empty", hint="say in a sentence why the refusal does not hold")
    workspace = _common.workspace(args)
    store = record.open_store(workspace)
    if store is None:
        raise UsageError(f"no run has been made in {workspace.root}", hint="give the work folder with --workdir")
    change = push.bless(store, workspace, _find(store, args.run), args.because.strip())
    served = _kserve.follow(change.now)
    deed = change.now.card["blessed_by_hand"]
    if args.json:
        told = {"name": change.place.name, "was": change.was, "version": change.now.number, "by": deed["by"]}
        told |= {"because": deed["because"], "pushed_to": str(change.now.folder), "kserve": served}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(f"{change.place.name}: version {change.now.number} serves, blessed by {deed['by']}: {deed['because']}")
        print(change.now.folder)
        if line := _kserve.told(served, change.now):
            print(line)
    return 0


def _find(store: MetadataStore, wanted: str) -> RunRecord:
    from graduate.pipeline import record
    from graduate.pipeline.cli._parser import suggest

    records = record.runs(store)
    name, colon, rest = wanted.rpartition(":")
    if rest == "latest":
        of_name = [run for run in records if not colon or run.name == name]
        names = sorted({run.name for run in of_name})
        if len(names) > 1:
            raise UsageError(f"latest of which? {', '.join(f'{one}:latest' for one in names)}")
        if of_name:
            return of_name[0]
    found = next((run for run in records if run.run_id == wanted), None)
    if found is None:
        near = suggest(wanted, [run.run_id for run in records])
        refused = [run.run_id for run in records if run.status == "refused"][:3]
        some = f"refused runs: {', '.join(refused)}" if refused else "no run of this work folder was refused"
        raise UsageError(f"no run {wanted} in this work folder", hint=f"did you mean {near}?" if near else some)
    return found
