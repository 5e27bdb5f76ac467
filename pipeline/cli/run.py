"""`graduate run`: from a config to a pushed model, or to the reason why not."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.result import RunResult
    from graduate.pipeline.supervise.execution import Outcome, View
    from graduate.pipeline.supervise.plan import Plan

HELP = "run a pipeline: data, training, evaluation, gate, push"

_STATUS_OF_ERRORS = {errors.FAILED: "failed", errors.DATA_REFUSED: "data_refused"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common.add_config_arguments(parser)
    parser.add_argument(
        "--runner", choices=("local", "beam"), default="local", help="TFX's LocalDagRunner or BeamDagRunner"
    )
    parser.add_argument("--until", metavar="NODE", help="stop after this node, e.g. Transform")
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="run every node again")
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="do not wait for another run in the work folder"
    )
    _common.add_json(parser, "print the result as one line of JSON, the last of stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb; the exit code follows from the run's status."""
    try:
        return _run(args)
    except errors.UserError as error:
        if args.json and error.exit_code in _STATUS_OF_ERRORS:
            print(json.dumps(_refused_at_once(error), ensure_ascii=False))
        raise
    except KeyboardInterrupt:
        _common.say(_interrupted(args))
        return errors.INTERRUPTED


def _run(args: argparse.Namespace) -> int:
    from graduate.pipeline.supervise import lock, plan, storage

    config = _common.load_config(args)
    workspace = _common.workspace(args)
    _check_until(args.until, config)
    _follow(args, config)
    with storage.explained(workspace):
        planned = plan.make(config, workspace, args.until)
        code = _repeat(planned, args)
        if code is not None:
            return code
        waited: list[str] = []

        def on_wait(sentence: str) -> None:
            waited.append(sentence)
            _common.say(f"{sentence}; Ctrl-C to give up")

        with lock.hold(workspace, _command(args), wait=args.wait, on_wait=on_wait) as descriptor:
            if waited:  # whoever held it may have done this very run
                planned = plan.make(config, workspace, args.until)
                code = _repeat(planned, args)
            if code is not None:
                return code
            return _finish(_execute(planned, args, descriptor), planned, args)


def _repeat(planned: Plan, args: argparse.Namespace) -> int | None:
    """The earlier answer and its exit code, if nothing has changed since; otherwise None."""
    from graduate.pipeline import fingerprint
    from graduate.pipeline.supervise import tidying

    if not args.cache or args.follower:
        return None
    result = fingerprint.unchanged(planned.workspace, planned.config.name, planned.fingerprint.whole)
    if result is None:
        return None
    if args.json:
        told = {**result.to_json(), "error": None, "log": None, "seconds": 0.0}
        print(json.dumps({**told, **_more(args, result, planned)}, ensure_ascii=False))
    else:
        _summarise(result, planned, args)
    tidying.close_killed_runs(planned.workspace, _command(args))
    return result.exit_code


def _execute(planned: Plan, args: argparse.Namespace, lock_descriptor: int) -> Outcome:
    from graduate.pipeline.supervise import execution

    def view(log: Path) -> View:
        from graduate.pipeline import graph
        from graduate.pipeline.view import live

        nodes = [node.id for node in graph.nodes(planned.config)]
        return live.open_view(nodes, args.config, sys.stderr, log=log if args.debug else None)

    options = {"runner": args.runner, "until": args.until, "cache": args.cache, "debug": args.debug}
    return execution.execute(planned, options, view=view, say=_common.say, keep_open=[lock_descriptor])


def _finish(outcome: Outcome, planned: Plan, args: argparse.Namespace) -> int:
    from graduate.pipeline.supervise import failure
    from graduate.pipeline.view.style import short

    if outcome.error:
        if args.debug and outcome.error.get("traceback"):
            _common.say(outcome.error["traceback"])
        log = short(str(outcome.log)) if outcome.log else None
        _common.say(failure.render(outcome.error, _command(args), log, width=_common.width()))
    elif outcome.result.status == "interrupted":
        _common.say(_interrupted(args))
    if args.json:
        print(json.dumps({**outcome.to_json(), **_more(args, outcome.result, planned)}, ensure_ascii=False))
    elif outcome.error is None and outcome.result.status != "interrupted":
        _summarise(outcome.result, planned, args, outcome.seconds)
    return outcome.exit_code


def _summarise(result: RunResult, planned: Plan, args: argparse.Namespace, seconds: float | None = None) -> None:
    from graduate.pipeline.view import style, summary

    if telling := getattr(args, "telling", None):
        print(telling.text(result, planned), end="")
        return
    steps = planned.config.training.steps
    hints = summary.Hints(args.config, planned.example, args.workdir, tuple(args.overrides), steps)
    text = summary.render(result, hints, seconds=seconds, width=_common.width(), colour=style.wanted(sys.stdout))
    print(text, end="")


def _more(args: argparse.Namespace, result: RunResult, planned: Plan) -> dict[str, Any]:
    """What a verb that runs a part of the pipeline has to tell besides."""
    telling = getattr(args, "telling", None)
    return telling.to_json(result, planned) if telling else {}


def _refused_at_once(error: errors.UserError) -> dict[str, Any]:
    """The JSON of a run that did not start: the fields of any other, without a run id."""
    from graduate.pipeline.result import RunResult

    status = _STATUS_OF_ERRORS[error.exit_code]
    told = {"message": error.message, "hint": error.hint, "where": error.where, "node": None}
    return {**RunResult("", status).to_json(), "run_id": None, "error": told, "log": None, "seconds": 0.0}  # type: ignore[arg-type]


def _follow(args: argparse.Namespace, config: Any) -> None:
    """Of several workers the chief alone evaluates and pushes; the others train whenever it does, and end there."""
    from graduate.training import cluster

    together = cluster.described(config.training.strategy)
    args.follower = False
    if together is not None and not together.is_chief:
        args.follower = True
        args.until = args.until or "Trainer"
        _common.say(
            f"{together.kind} {together.index} of {together.workers}: stops after {args.until}; the chief goes on"
        )


def _check_until(until: str | None, config: Any) -> None:
    if until is None:
        return
    from graduate.pipeline import graph
    from graduate.pipeline.cli._parser import suggest

    known = [node.id for node in graph.nodes(config)]
    if until not in known:
        near = suggest(until, known)
        hint = f"did you mean {near}?" if near else f"nodes: {', '.join(known)}"
        raise errors.UsageError(f"--until {until}: there is no such node in this pipeline", hint=hint)


def _command(args: argparse.Namespace) -> str:
    """The command that goes on from where this one stopped, without what is only for this time."""
    if telling := getattr(args, "telling", None):
        return telling.command  # type: ignore[no-any-return]
    words = ["graduate", "run", args.config]
    for override in args.overrides:
        words += ["--set", override]
    if args.workdir:
        words += ["--workdir", args.workdir]
    if args.runner != "local":
        words += ["--runner", args.runner]
    if args.until:
        words += ["--until", args.until]
    return shlex.join(words)


def _interrupted(args: argparse.Namespace) -> str:
    return f"interrupted: the same command goes on from there: {_command(args)}"
