"""What the lineage verbs share: X, `--workdir` or `--store`, `--json`, and the store that they open."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records

STORE_VARIABLE = "GRADUATE_STORE"
X_HELP = "a run id, latest, serving, NAME, NAME:serving, NAME:VERSION, an artifact's number or URI, or execution:N"


def add_subject(parser: argparse.ArgumentParser, name: str = "subject", metavar: str = "X", help: str = X_HELP) -> None:
    """The thing that is asked about."""
    parser.add_argument(name, metavar=metavar, help=help)


def add_store(parser: argparse.ArgumentParser) -> None:
    """`--workdir` and `--store`, one of which may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--workdir", metavar="DIR", help="the work folder; default $GRADUATE_WORKDIR, else ./.graduate")
    group.add_argument(
        "--store",
        metavar="URL",
        help="any ML Metadata store: a path, mysql://…, postgresql://… or grpc://HOST:PORT; default the work folder's",
    )


def add_json(parser: argparse.ArgumentParser, what: str = "print the answer as one line of JSON") -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help=what)


def open_records(args: argparse.Namespace) -> Records:
    """The store that the arguments name.

    Raises:
        UsageError: there is none there, or of another version.
        UserError: it cannot be read.
    """
    import gc

    from graduate.pipeline.lineage import stores
    from graduate.pipeline.lineage.records import Records

    # a store read whole is 100,000 objects: the collector would look at all of them again after every 700 new ones
    gc.set_threshold(200_000, 20, 50)
    url = args.store or (os.environ.get(STORE_VARIABLE) if not args.workdir else None)
    if args.store == "":
        raise UsageError("--store needs a URL", hint=f"a store is {stores.FORMS}")
    return Records(stores.open_store(url or str(_common.workspace(args).store)))
