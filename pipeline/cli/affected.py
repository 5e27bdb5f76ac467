"""`graduate affected`: which models contain some data."""

from __future__ import annotations

import argparse
import json
import sys

from graduate.errors import FAILED, OK
from graduate.pipeline.cli import _lineage

HELP = "find the models that contain a file, a span or a data set"
_DATA_HELP = (
    "a file, folder or glob as the manifest has it (7/digit-0301.png), a path below the data folder, a SHA-256 (8 "
    "characters or more), span:N, Examples by number or URI, or a run id: its data"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser, "data", "DATA", _DATA_HELP)
    _lineage.add_store(parser)
    _lineage.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb; exit 1 where something could not be searched, so that models may be missing."""
    from graduate.pipeline.cli.show import _fitting
    from graduate.pipeline.lineage import affected, affected_text
    from graduate.pipeline.view import style

    with _lineage.open_records(args) as records:
        answer = affected.affected(records, args.data)
    if args.json:
        print(json.dumps(answer.to_json(), ensure_ascii=False))
    else:
        paint = style.paint if style.wanted(sys.stdout) else (lambda text, *_: text)
        print(_fitting(affected_text.text(answer, paint)))
    if answer.found.near:
        print(f"did you mean {answer.found.near}?", file=sys.stderr)
    doubts = affected_text.doubts(answer)
    for doubt in doubts:
        print(f"incomplete: {doubt}", file=sys.stderr)
    return FAILED if doubts else OK
