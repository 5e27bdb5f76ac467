"""`graduate tune`: the pipeline up to its Tuner, and what was tried there."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.result import RunResult
    from graduate.pipeline.supervise.plan import Plan

HELP = "search for the settings of a training: what was tried, what was sick, what is best"
_NODE = "Tuner"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common.add_config_arguments(parser)
    parser.add_argument(
        "--trials", metavar="N", type=int, help="how many trials, instead of the config's tuning.trials"
    )
    parser.add_argument(
        "--no-cache", dest="cache", action="store_false", help="run every node again, and try everything again"
    )
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="do not wait for another run in the work folder"
    )
    _common.add_json(parser, "print the result with all trials as one line of JSON, the last of stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb; the exit code follows from the run's status."""
    from graduate.pipeline.cli import run as run_

    given = list(args.overrides)
    if args.trials is not None:
        args.overrides = [*given, f"tuning.trials={args.trials}"]
    if _common.load_config(args).tuning is None:
        raise UsageError(
            "the config has no group tuning, so there is nothing to search in",
            hint="for example tuning: {space: {training.learning_rate: {log: [0.0001, 0.1]}}}; see docs/tuning.md",
            where=args.config,
        )
    args.runner, args.until = "local", _NODE
    args.telling = _Telling(args, given)
    return run_.run(args)


class _Telling:
    """What `graduate run` tells where it is `graduate tune` that runs."""

    def __init__(self, args: argparse.Namespace, given: list[str]) -> None:
        self._args = args
        trials = ["--trials", str(args.trials)] if args.trials is not None else []
        self.command = self._words("tune", given, *trials)

    def _words(self, verb: str, overrides: list[str], *more: str) -> str:
        words = ["graduate", verb, self._args.config, *more]
        for override in overrides:
            words += ["--set", override]
        return shlex.join([*words, *(["--workdir", self._args.workdir] if self._args.workdir else [])])

    def text(self, result: RunResult, planned: Plan) -> str:
        """For a person: the trials, and what to do with the best."""
        from graduate.pipeline.view import style, summary
        from graduate.tuning import text

        found, folder = _found(result, planned)
        if found is None:  # the data or the network were refused before
            hints = summary.Hints(self._args.config, planned.example, self._args.workdir, tuple(self._args.overrides))
            return summary.render(result, hints, width=_width(), colour=style.wanted(sys.stdout))
        command = self._words("run", self._args.overrides)
        return text.render(found, command=command, page=style.short(str(folder / "report.html")), width=_width())

    def to_json(self, result: RunResult, planned: Plan) -> dict[str, Any]:
        """For a program: `tuning` has `trials`, `metric`, `space` and `best`, or is null where none was tried."""
        found, _ = _found(result, planned)
        if found is None:
            return {"tuning": None}
        from graduate.tuning import settings

        return {"tuning": {**found, "settings": settings.chosen(found["best"])}}


def _found(result: RunResult, planned: Plan) -> tuple[dict[str, Any] | None, Path]:
    """What the run's Tuner wrote, and where."""
    from graduate.pipeline import by_hand, record

    store = record.open_store(planned.workspace)
    runs = [one for one in record.read_runs(planned.workspace, planned.config.name) if one.run_id == result.run_id]
    artifact = by_hand.outputs(store, runs[0]).get("graduate.Trials") if store is not None and runs else None
    folder = Path(artifact.uri) if artifact is not None else Path()
    try:
        return json.loads((folder / "trials.json").read_text(encoding="utf-8")), folder
    except OSError:
        return None, folder


def _width() -> int:
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 120))
