"""`graduate rollback`: an earlier version serves again, published under a new, higher number."""

from __future__ import annotations

import argparse
import json

from graduate.pipeline.cli import _common

HELP = "make an earlier version serve again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a pipeline, or a folder of versions; default: the only one there is"
    )
    parser.add_argument(
        "--to", type=int, metavar="VERSION", help="the version; default: the one before the model that serves"
    )
    parser.add_argument("--because", metavar="TEXT", default="", help="why; it stands in the model card and the store")
    _common.add_workdir(parser)
    _common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline import push, record
    from graduate.pipeline.cli import _kserve

    workspace = _common.workspace(args)
    store = record.open_store(workspace)
    place = push.pick(push.places(workspace, store), args.name)
    change = push.roll_back(store, place, args.to, args.because.strip())
    served = _kserve.follow(change.now)
    again = change.now.card["rollback_of"]["version"]
    if args.json:
        told = {"name": place.name, "was": change.was, "again": again, "version": change.now.number}
        print(json.dumps({**told, "pushed_to": str(change.now.folder), "kserve": served}))
    else:
        print(
            f"{place.name}: version {again} serves again, as version {change.now.number} ({change.was} served before)"
        )
        print(change.now.folder)
        if line := _kserve.told(served, change.now):
            print(line)
    return 0
