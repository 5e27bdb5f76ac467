"""`graduate export`: what a run or a model came from, for another tool."""

from __future__ import annotations

import argparse
import sys

from graduate.pipeline.cli import _lineage

HELP = "write a run's or a model's lineage as OpenLineage, PROV, ML-BOM or Model Card"
_FORMATS = ("openlineage", "prov", "mlbom", "modelcard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser)
    parser.add_argument(
        "--as",
        dest="format",
        metavar="FORMAT",
        required=True,
        choices=_FORMATS,
        help="openlineage: run events, a JSON line each; prov: W3C PROV-JSON; mlbom: a CycloneDX bill of materials of "
        "the model; modelcard: a Model Card",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a file, whole or not at all; default stdout")
    _lineage.add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.lineage import export

    with _lineage.open_records(args) as records:
        text = export.export(records, args.subject, args.format)
    if args.output is None:
        sys.stdout.write(text)
    else:
        _write(args.output, text)
    return 0


def _write(path: str, text: str) -> None:
    from graduate import files
    from graduate.errors import UserError

    try:
        files.write_text(path, text)
    except OSError as error:
        raise UserError(f"cannot be written ({error.strerror or error})", where=path) from error
    print(f"wrote {path}", file=sys.stderr)
