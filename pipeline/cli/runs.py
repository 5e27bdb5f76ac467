"""`graduate runs`: the runs of a store, what changed from one to the next, and what came of it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _lineage, _lineage_lock

if TYPE_CHECKING:
    from graduate.pipeline.lineage.runs import Answer, Wanted

HELP = "list runs: status, what changed since the one before, metric, verdict"
_LIMIT = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a pipeline; default: every one of the store")
    number = parser.add_mutually_exclusive_group()
    number.add_argument("--limit", type=int, metavar="N", default=_LIMIT, help=f"the last N runs; default {_LIMIT}")
    number.add_argument("--all", action="store_true", help="every run")
    parser.add_argument(
        "--status", metavar="A,B", help="only of these: pushed, refused, sick, data_refused, failed, interrupted, …"
    )
    parser.add_argument("--since", metavar="DATE", help="only started at or after: 2026-01-31, yesterday, 2d, 3h")
    parser.add_argument("--until", metavar="DATE", help="only started at or before; a day is meant whole")
    parser.add_argument(
        "--node", dest="nodes", metavar="NODE[=STATE]", action="append", default=[],
        help="only where this node ran; or was cached, skipped, failed, …: Trainer=failed",
    )  # fmt: skip
    parser.add_argument(
        "--where", metavar="CONDITION", action="append", default=[],
        help="only where it holds for a metric or a config key: 'accuracy>0.95', 'training.optimizer==adam'",
    )  # fmt: skip
    _lineage.add_store(parser)
    _lineage.add_json(parser, "print a JSON line for each run")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.lineage import runs

    wanted = _wanted(args)
    with _lineage.open_records(args) as records:
        answer = runs.runs(records, wanted, in_progress=_lineage_lock.in_progress(args))
    if args.json:
        encoder = json.JSONEncoder(ensure_ascii=False)
        for line in answer.lines:
            print(encoder.encode(line.to_json()))
    elif answer.lines:
        _print(answer)
    else:
        print(_none(answer, args))
    return 0


def _wanted(args: argparse.Namespace) -> Wanted:
    from graduate.pipeline.lineage import runs, runs_when, runs_where

    if args.limit < 1:
        raise UsageError(f"--limit {args.limit}: at least one run", hint="--all is every run")
    return runs.Wanted(
        pipeline=args.name,
        statuses=[one.strip() for one in (args.status or "").split(",") if one.strip()],
        since=runs_when.moment(args.since, "--since") if args.since else None,
        until=runs_when.moment(args.until, "--until", end=True) if args.until else None,
        nodes=[_node(one) for one in args.nodes],
        where=[runs_where.parse(one) for one in args.where],
        limit=None if args.all else args.limit,
    )


def _node(told: str) -> tuple[str, str | None]:
    node, equals, state = told.partition("=")
    if not node or (equals and not state):
        raise UsageError(f"--node {told}: give NODE or NODE=STATE", hint="e.g. --node Trainer=failed")
    return node, state or None


def _print(answer: Answer) -> None:
    from graduate.pipeline.cli import _lineage_text
    from graduate.pipeline.lineage import text_runs

    drawn = _lineage_text.drawn(sys.stdout)
    text = text_runs.text(answer, width=drawn.width, colour=drawn.colour)
    print(_lineage_text.fitting(text, sys.stdout))
    if answer.found is None:
        print("there may be more: --limit N, or --all", file=sys.stderr)
    elif answer.found > len(answer.lines):
        print(f"{answer.found - len(answer.lines)} more: --limit N, or --all", file=sys.stderr)


def _none(answer: Answer, args: argparse.Namespace) -> str:
    if answer.total:
        runs = "1 run" if answer.total == 1 else f"{answer.total} runs"
        return f"None of {runs} fits."
    return "No run has been recorded yet: graduate run CONFIG makes one."
