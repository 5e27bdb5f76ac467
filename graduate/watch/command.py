"""`graduate watch`: the script, its traces, their diagnosis, the report. Light until the script has run."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from graduate import errors
from graduate.errors import UsageError, UserError
from graduate.watch.arguments import options_in, what_runs

if TYPE_CHECKING:
    from graduate.watch.outcome import Outcome


def run(args: argparse.Namespace) -> int:
    """Run the script and report; the exit code."""
    if sys.stdout is None:  # closed: the exit code has to do
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    kind, target, arguments = what_runs(args)
    _check(args)
    folder = _folder(args.trace)
    try:
        outcome = _watch(kind, target, arguments, folder, args)
        if outcome.ended.code == errors.USAGE and (ours := options_in(arguments)):
            print(
                f"hint: options of graduate come before the script: graduate watch {ours[0]} {target}", file=sys.stderr
            )
        return _report(outcome, args, target if kind == "script" else None)
    finally:
        if not args.trace:
            shutil.rmtree(folder, ignore_errors=True)


def _folder(trace: str | None) -> Path:
    try:
        if trace is None:
            return Path(tempfile.mkdtemp(prefix="graduate-watch-"))
        Path(trace).mkdir(parents=True, exist_ok=True)
        return Path(trace)
    except OSError as error:
        raise UserError(
            f"no folder for the trace: {error}", hint="give one that can be written with --trace, or set TMPDIR"
        ) from None


def _check(args: argparse.Namespace) -> None:
    if args.every < 1:
        raise UsageError(f"--every {args.every}: every step or every n-th", hint="--every 1 records each step")
    if args.trace and any(Path(args.trace).glob("**/header.json")):
        raise UsageError(f"{args.trace} holds a trace already", hint="give --trace another folder, or remove that one")
    for option in ("page", "sarif"):
        place = getattr(args, option)
        if place and Path(place).is_dir():
            raise UsageError(f"--{option} {place} is a folder", hint="give it a file's name")


def _watch(kind: str, target: str, arguments: list[str], folder: Path, args: argparse.Namespace) -> Outcome:
    from graduate.watch import process
    from graduate.watch.sickness import Lookout

    sick = Lookout(folder) if args.stop_when_sick else None
    sys.stdout.flush()
    ended = process.run(kind, target, arguments, folder=str(folder.absolute()), every=args.every, sick=sick)
    from graduate.watch.outcome import outcome_of

    return outcome_of(folder, ended, kept=bool(args.trace))


def _report(outcome: Outcome, args: argparse.Namespace, script: str | None) -> int:
    """Write and print what was asked for. A file that cannot be written keeps nobody from seeing the findings.

    Returns:
        The exit code.
    """
    written, failed = [], []
    for what, place, write in (("page", args.page, _write_page), ("SARIF", args.sarif, _write_sarif)):
        if place:
            try:
                write(outcome, script, place)
                written.append(f"{what} written to {place}")
            except Exception as error:
                failed.append(f"error: the {what} was not written: {type(error).__name__}: {error}")
    if (args.annotations or _ci()) == "github":
        from graduate.watch import annotations

        for line in annotations.github(outcome, script):
            print(line)
    if args.json:
        print("\n" + json.dumps(outcome.to_json()), flush=True)  # whatever the script left on its last line
    elif not (args.quiet and outcome.verdict != "sick" and outcome.ended.exit == errors.OK):
        from graduate import text_report

        text_report.show(text_report.of_outcome(outcome, text_report.style(sys.stdout), written), sys.stdout)
    for line in failed:
        print(line, file=sys.stderr, flush=True)
    return outcome.exit_code or (errors.FAILED if failed else errors.OK)


def _write_sarif(outcome: Outcome, script: str | None, place: str) -> None:
    from graduate.watch import sarif

    sarif.write(outcome, script, place)


def _write_page(outcome: Outcome, script: str | None, place: str) -> None:
    from graduate.page import report

    views = [report.View(one.name, one.trace, one.diagnosis) for one in outcome.watched]
    report.write(place, views, title=f"Training of {script}" if script else "Training report")


def _ci() -> str:
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "none"
