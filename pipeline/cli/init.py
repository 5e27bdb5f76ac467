"""`graduate init PATH`: looks at data and writes a config that trains on them, each line with the reason for it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from graduate import files
from graduate.errors import UsageError, UserError
from graduate.pipeline.cli.data import labels

HELP = "look at data and write a commented config for them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "path",
        metavar="PATH",
        help="a folder of class folders with images, texts or recordings; a CSV, TSV, JSON-lines or Parquet file; or a "
        "folder with train, eval and test of such",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="pipeline.yaml", help="the config to write; default pipeline.yaml"
    )
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="of a table: the column to be predicted; several, with commas between them; default the one named label, "
        "target, class or y, else the last",
    )
    parser.add_argument("--force", action="store_true", help="overwrite the config if there is one")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from shlex import quote

    from graduate.pipeline.look import looking, propose, told

    output = Path(args.output)
    _check_free(output, args.force)
    look = looking.look(args.path, labels(args.label))
    text = propose.written(look, args.output)
    try:
        files.write_text(output, text)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}", hint="name another file: -o FILE") from None
    print("\n".join(told.lines(look)))
    name = quote(os.fspath(output))
    print(f"\nwrote {name}; next: graduate run {name}", file=sys.stderr)
    return 0


def _check_free(output: Path, force: bool) -> None:
    """Before the look, which may take a while."""
    if output.is_dir():
        raise UsageError(f"{output} is a folder", hint=f"name a file in it: -o {os.path.join(output, 'pipeline.yaml')}")
    if output.exists() and not force:
        raise UsageError(f"{output} exists already", hint="--force overwrites it; -o FILE writes another")
