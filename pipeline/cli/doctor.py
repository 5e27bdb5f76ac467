"""`graduate doctor`: whether this machine, this environment and this work folder can run a pipeline, a line each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable

from graduate.pipeline.cli import _common
from graduate.pipeline.doctor import FAIL, NOTE, Finding, examine

HELP = "check this machine: Python, libraries, GPU, disk, store"
_COLOURS = {FAIL: "\x1b[1;31m", NOTE: "\x1b[33m"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common.add_workdir(parser)
    parser.add_argument(
        "--upgrade-store",
        metavar="STORE",
        nargs="?",
        const="",
        help="instead: upgrade a store of an older ML Metadata schema, keeping a copy; default the work folder's",
    )
    _common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb: 1 if something would stop a run, or a store was not upgraded."""
    if args.upgrade_store is not None:
        return _upgrade(args)
    findings = list(examine(_common.workspace(args)))
    ready = all(finding.state != FAIL for finding in findings)
    if args.json:
        print(json.dumps({"ready": ready, "findings": [finding._asdict() for finding in findings]}, ensure_ascii=False))
        return 0 if ready else 1
    print("\n".join(_lines(findings)))
    if not ready:
        stops = ", ".join(finding.name for finding in findings if finding.state == FAIL)
        print(f"error: a run would stop here: {stops}", file=sys.stderr)
    return 0 if ready else 1


def _upgrade(args: argparse.Namespace) -> int:
    from graduate.pipeline.store_upgrade import upgrade

    def say(sentence: str) -> None:
        print(sentence, file=sys.stderr)

    done = upgrade(args.upgrade_store or str(_common.workspace(args).store), say)
    print(json.dumps(done.to_json(), ensure_ascii=False) if args.json else done.text())
    return 0 if done.advice is None else 1


def _lines(findings: Iterable[Finding]) -> Iterable[str]:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for name, state, text, remedy in findings:
        mark = f"{state:<4}"
        if coloured and state in _COLOURS:
            mark = f"{_COLOURS[state]}{mark}\x1b[0m"
        yield f"{mark}  {name:<11}  {text}{f': {remedy}' if remedy else ''}"
