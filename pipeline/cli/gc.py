"""`graduate gc`: what can be deleted; with `--yes` it is."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from graduate.errors import FAILED, OK, UsageError
from graduate.pipeline.cli import _common, _lineage

if TYPE_CHECKING:
    from graduate.pipeline.lineage.gc import Plan
    from graduate.pipeline.sweep import Swept
    from graduate.pipeline.workspace import Workspace

HELP = "list, and with --yes delete, what no pushed model and no recent run needs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "--keep-runs",
        metavar="N",
        type=_number,
        default=10,
        help="finished runs of each pipeline whose cache stays; default 10",
    )
    parser.add_argument("--yes", action="store_true", help="delete; without it nothing is")
    parser.add_argument("--all", dest="everything", action="store_true", help="list also the small ones, beyond forty")
    _lineage.add_store(parser)
    _lineage.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb; exit 1 where something could not be deleted."""
    workspace = _workspace(args)
    with _lineage.open_records(args):
        pass  # whatever is wrong with the store is said before a lock is asked for
    if not args.yes:
        planned = _plan(workspace, args.keep_runs, running=_in_progress(workspace))
        _show(planned, None, args)
        return OK
    from graduate.pipeline import record, sweep

    with _alone(workspace):
        planned = _plan(workspace, args.keep_runs, running=False)
        if not args.json:
            _show(planned, None, args)
        store = record.open_store(workspace)
        assert store is not None  # it was just read
        swept = sweep.sweep(store, planned)
    _show(planned, swept, args)
    for path, why in swept.failed:
        print(f"could not be deleted: {path}: {why}", file=sys.stderr)
    return FAILED if swept.failed else OK


def _workspace(args: argparse.Namespace) -> Workspace:
    """The work folder; `--store` is taken where it is the store of one.

    Raises:
        UsageError: the store is not one of a work folder: nothing can be said of files that lie elsewhere.
    """
    from graduate.pipeline.workspace import Workspace

    url = args.store or (os.environ.get(_lineage.STORE_VARIABLE) if not args.workdir else None)
    if not url:
        return _common.workspace(args)
    scheme, separator, rest = url.partition("://")
    path = Path(os.path.abspath(Path(rest if separator else url).expanduser()))
    found = Workspace(path.parent)
    if (separator and scheme != "sqlite") or path != found.store or not found.layout.is_file():
        raise UsageError(
            f"gc deletes files of a work folder, and {'this store' if separator else url} is not one's own store",
            hint="name the work folder: graduate gc --workdir DIR",
        )
    found.check_layout()
    return found


@contextlib.contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """While nothing else runs in the work folder.

    Raises:
        UsageError: something does.
    """
    from graduate.pipeline.supervise import lock

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.hold(workspace, "graduate gc --yes", wait=False))
        except UsageError as error:
            raise UsageError(error.message, where=error.where, hint="wait for it, then ask again") from error
        yield


def _plan(workspace: Workspace, keep_runs: int, *, running: bool) -> Plan:
    from graduate.pipeline.lineage import gc, stores
    from graduate.pipeline.lineage.records import Records

    with Records(stores.open_store(str(workspace.store))) as records:
        return gc.plan(records, workspace.root, keep_runs, running=running)


def _in_progress(workspace: Workspace) -> bool:
    """Whether a run goes on there: what is listed then may be out of date the next moment, and less is listed."""
    import fcntl

    from graduate.pipeline.supervise import lock

    try:
        with open(lock.path(workspace), "rb") as opened:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)  # let go of at once
        return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        holder = lock.read_holder(workspace) or "another run"
    print(f"in use by {holder}: what it may need is left out, and --yes would be refused", file=sys.stderr)
    return True


def _show(plan: Plan, swept: Swept | None, args: argparse.Namespace) -> None:
    from graduate.pipeline.cli.show import _fitting
    from graduate.pipeline.lineage import gc_text

    if args.json:
        told = {"deleted": swept is not None, **plan.to_json()}
        if swept is not None:
            told["freed"] = swept.bytes
            told["failed"] = [{"path": str(path), "why": why} for path, why in swept.failed]
        print(json.dumps(told, ensure_ascii=False))
    elif swept is None:
        print(_fitting(gc_text.text(plan, everything=args.everything)))
        if plan.candidates and not args.yes:
            print("\nNothing was deleted: --yes deletes it.")
    elif swept.deleted:
        print(f"\nDeleted: {gc_text.size(swept.bytes)} in {swept.deleted:,} places.")


def _number(given: str) -> int:
    number = int(given) if given.isascii() and given.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of runs: 1 or more")
    return number
