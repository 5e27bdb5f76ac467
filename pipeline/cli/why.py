"""`graduate why`: why a run was pushed, refused, found sick or failed; why a node ran or was cached."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from graduate.pipeline.cli import _lineage, _lineage_lock

if TYPE_CHECKING:
    from graduate.pipeline.lineage.why import WhyRun
    from graduate.pipeline.lineage.why_node import WhyNode

HELP = "say why a run was pushed, refused or found sick, or why a node ran or was cached"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser)
    parser.add_argument("--all", dest="everything", action="store_true", help="also what passed, and every node")
    _lineage.add_store(parser)
    _lineage.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.lineage import why, words

    with _lineage.open_records(args) as records:
        subject = words.resolve(records, args.subject)
        told = why.why(records, subject, in_progress=_lineage_lock.in_progress(args))
    print(json.dumps(told.to_json(), ensure_ascii=False) if args.json else _text(told, args.everything))
    return 0


def _text(told: WhyRun | WhyNode, everything: bool) -> str:
    from graduate.pipeline.cli import _lineage_text
    from graduate.pipeline.lineage import text_why, text_why_node
    from graduate.pipeline.lineage.why import WhyRun

    drawn = _lineage_text.drawn(sys.stdout)
    if isinstance(told, WhyRun):
        text = text_why.text(told, everything=everything, width=drawn.width, colour=drawn.colour)
    else:
        text = text_why_node.text(told, everything=everything, width=drawn.width, colour=drawn.colour)
    return _lineage_text.fitting(text, sys.stdout)
