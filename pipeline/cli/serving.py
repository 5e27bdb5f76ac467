"""`graduate serving`: what serves now, since when, from what, and whether the folder agrees."""

from __future__ import annotations

import argparse
import json
import sys

from graduate.pipeline.cli import _lineage

HELP = "say what serves now: since when, by whom, from which run, data and code"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a pipeline; default: every one of the store")
    _lineage.add_store(parser)
    _lineage.add_json(parser, "print a JSON line for each place that models are pushed to")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.lineage import serving

    with _lineage.open_records(args) as records:
        found = serving.serving(records, args.name)
        where = records.store.where
    if args.json:
        for one in found:
            print(json.dumps(one.to_json(), ensure_ascii=False))
    elif found:
        from graduate.pipeline.cli import _lineage_text
        from graduate.pipeline.lineage import text_serving

        drawn = _lineage_text.drawn(sys.stdout)
        text = text_serving.text(found, width=drawn.width, colour=drawn.colour)
        print(_lineage_text.fitting(text, sys.stdout))
    else:
        print(f"No model has been pushed, as {where} tells: graduate run CONFIG pushes one.")
    return 0
