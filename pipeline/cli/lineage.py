"""`graduate lineage`: what a thing was made from and what came of it."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _lineage

if TYPE_CHECKING:
    from graduate.pipeline.lineage.records import Records
    from graduate.pipeline.lineage.tree import Lineage

HELP = "draw what a model, a run or an artifact was made from, and what came of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--upstream", action="store_true", help="only what it was made from")
    way.add_argument("--downstream", action="store_true", help="only what came of it")
    parser.add_argument("--depth", metavar="N", type=_depth, help="executions to go in each direction; default all")
    parser.add_argument(
        "--all", dest="everything", action="store_true", help="fold nothing: draw also thousands of alike"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--mermaid", action="store_true", help="as a Mermaid flowchart, for a Markdown page")
    form.add_argument("--dot", action="store_true", help="as a Graphviz digraph")
    form.add_argument("--page", metavar="FILE", help="as an HTML page of its own")
    form.add_argument("--json", action="store_true", help="nodes and edges as one line of JSON")
    _lineage.add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.lineage import tree, words

    with _lineage.open_records(args) as records:
        subject = words.resolve(records, args.subject)
        told = tree.lineage(
            records, subject, upstream=not args.downstream, downstream=not args.upstream, depth=args.depth
        )
        if args.page:
            _write_page(records, told, args.page)
        elif args.mermaid or args.dot:
            from graduate.pipeline.lineage import drawn

            print((drawn.mermaid if args.mermaid else drawn.dot)(told))
            _say_cut(told)
        elif args.json:
            print(json.dumps(told.to_json(), ensure_ascii=False))
            _say_cut(told)
        else:
            print(_text(told, args.everything))
    return 0


def _depth(given: str) -> int:
    number = int(given) if given.isascii() and given.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of executions: 1 or more")
    return number


def _text(told: Lineage, everything: bool) -> str:
    from graduate.pipeline.cli.show import _fitting
    from graduate.pipeline.lineage import tree_text
    from graduate.pipeline.view import style

    paint = style.paint if style.wanted(sys.stdout) else (lambda text, *_: text)
    return _fitting(tree_text.text(told, everything=everything, paint=paint))


def _write_page(records: Records, told: Lineage, file: str) -> None:
    from graduate.pipeline.lineage import page

    try:
        page.write(records, told.subject, told.graph, file)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=file) from error
    print(file)
    _say_cut(told)


def _say_cut(told: Lineage) -> None:
    """What is cut is never silent."""
    if told.graph.cut:
        print(f"cut: {told.graph.cut:,} executions next to these are left out", file=sys.stderr)
