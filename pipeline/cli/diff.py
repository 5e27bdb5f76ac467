"""`graduate diff A B`: what differs between two runs or two models, and what of it can explain the metric."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys

from graduate.pipeline.cli import _lineage

HELP = "say what differs between two runs or models, and what can explain the metric"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser, "a", "A")
    _lineage.add_subject(parser, "b", "B", "the other one, told as what came after A")
    _lineage.add_store(parser)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--other-workdir", metavar="DIR", help="the work folder of B, where it is another")
    other.add_argument("--other-store", metavar="URL", help="the store of B, where it is another")
    _lineage.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb: 0 whatever differs."""
    from graduate.pipeline.lineage import words
    from graduate.pipeline.lineage.diff import diff

    with contextlib.ExitStack() as opened:
        records = opened.enter_context(_lineage.open_records(args))
        others = records
        if args.other_workdir or args.other_store is not None:
            elsewhere = argparse.Namespace(workdir=args.other_workdir, store=args.other_store)
            others = opened.enter_context(_lineage.open_records(elsewhere))
        told = diff((records, words.resolve(records, args.a)), (others, words.resolve(others, args.b)))
        if args.json:
            print(json.dumps(told.to_json(), ensure_ascii=False))
        else:
            from graduate.pipeline.cli.show import _fitting
            from graduate.pipeline.lineage.diff.text import text
            from graduate.pipeline.view import style

            paint = style.paint if style.wanted(sys.stdout) else (lambda words, *_: words)
            print(_fitting(text(told, paint)))
    return 0
