"""`graduate data PATH`: what the data are and what is odd about them, before anything is configured."""

from __future__ import annotations

import argparse
import json
import os
import sys

from graduate.pipeline.cli import _common

HELP = "look at data: kind, classes, sizes, duplicates, doubtful files; as a page too"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "path",
        metavar="PATH",
        help="a folder of class folders with images, texts or recordings; a CSV, TSV, JSON-lines or Parquet file; or a "
        "folder with train, eval and test of such",
    )
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="of a table: the column to be predicted; several, with commas between them; default the one named label, "
        "target, class or y, else the last",
    )
    parser.add_argument(
        "--page", metavar="FILE", help="write an HTML page: examples, class counts, near duplicates, outliers"
    )
    _common.add_json(parser, "print what was found as one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.look import looking, told

    look = looking.look(args.path, labels(args.label))
    if args.page:
        from graduate.pipeline.look.page import write

        write(args.page, look)
        print(f"wrote {args.page}", file=sys.stderr)
    if args.json:
        print(json.dumps(look.to_json()))  # ASCII: a file name need not be UTF-8, JSON must be
    else:
        from shlex import quote

        label = f" --label {quote(args.label)}" if args.label else ""
        print("\n".join(told.lines(look, f"graduate init {quote(os.fspath(args.path))}{label} writes a config for it")))
    return 0


def labels(given: str | None) -> list[str]:
    """The columns that `--label` names."""
    return [name.strip() for name in given.split(",") if name.strip()] if given else []
