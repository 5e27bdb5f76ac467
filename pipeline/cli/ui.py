"""`graduate ui`: runs and their lineage in the browser, read-only, on this machine alone."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from graduate.pipeline.cli import _common, _lineage

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records

HELP = "look at runs, models and their lineage in the browser, on this machine alone"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_store(parser)
    parser.add_argument(
        "--port", type=_common.port, default=0, metavar="N", help="the port; default 0, any that is free"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    with _lineage.open_records(args) as records:  # a store that is not there is told here, not by a page
        where = records.store.where
    # a shell starts what it puts in the background deaf to Ctrl-C; whoever sends one all the same means it
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    try:
        _serve(args, where)
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)
    return 0


def _serve(args: argparse.Namespace, where: str) -> None:
    from graduate.pipeline.lineage.ui.server import Server

    with Server(args.port, lambda: _records(args), where, debug=args.debug) as server:
        print(server.url, flush=True)
        print(f"reading {where}, for this machine alone; Ctrl-C ends it", file=sys.stderr, flush=True)
        if not args.no_browser and _common.has_browser():
            import webbrowser

            webbrowser.open(server.url)
        server.serve_forever(poll_interval=0.2)


def _records(args: argparse.Namespace) -> Records:
    """The store, opened; of a work folder with what its lock tells of runs that never ended."""
    records = _lineage.open_records(args)
    if args.store or (os.environ.get(_lineage.STORE_VARIABLE) and not args.workdir):
        return records
    from graduate.pipeline.lineage.ui.killed import FolderRecords
    from graduate.pipeline.supervise import lock

    return FolderRecords(records.store, lambda: lock.is_held(_common.workspace(args)) is not False)
