"""`graduate simulate`: a compiled Kubeflow pipeline on this machine, without a cluster."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.simulate.simulation import Asked
    from graduate.pipeline.supervise.execution import Outcome

HELP = "run a compiled pipeline spec without a cluster, as Kubeflow's launcher would"
_WORKDIR = ".graduate-kubeflow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("spec", metavar="SPEC", help="the pipeline spec that graduate compile wrote")
    parser.add_argument(
        "--param",
        dest="parameters",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the run, as on Kubeflow's page; may be given several times",
    )
    parser.add_argument(
        "--project",
        metavar="DIR",
        help="the folder that the image holds at kubeflow.project: that of the config; default the current one",
    )
    parser.add_argument(
        "--put",
        metavar="URI=PATH",
        action="append",
        default=[],
        help="put a file or a folder into the simulated object store first, e.g. minio://bucket/data=pets",
    )
    parser.add_argument(
        "--parallel", type=int, metavar="N", help="containers at a time; default: as many as there are cores"
    )
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="run every task again")
    parser.add_argument(
        "--no-wait", dest="wait", action="store_false", help="do not wait for another run in the work folder"
    )
    parser.add_argument(
        "--workdir", metavar="DIR", help=f"the work folder, apart from that of graduate run; default ./{_WORKDIR}"
    )
    _common.add_json(parser, "print the result as one line of JSON, the last of stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb; the exit code follows from the run's status, as of `graduate run`."""
    try:
        return _run(args)
    except errors.UserError as error:
        if args.json and error.exit_code == errors.FAILED:
            print(json.dumps(_failed_at_once(error), ensure_ascii=False))
        raise
    except KeyboardInterrupt:
        _common.say(_interrupted(args))
        return errors.INTERRUPTED


def _run(args: argparse.Namespace) -> int:
    from graduate.pipeline.simulate import spec as specs
    from graduate.pipeline.simulate.simulation import Asked, simulate
    from graduate.pipeline.supervise import lock, storage
    from graduate.pipeline.workspace import Workspace

    workspace = Workspace.at(args.workdir or _WORKDIR)
    workspace.check_layout()
    put = {uri: Path(path).expanduser() for uri, path in _pairs("--put", args.put).items()}
    spec = specs.read(args.spec)
    asked = Asked(
        spec,
        specs.runtime_parameters(spec, _pairs("--param", args.parameters)),
        workspace,
        _project(args.project),
        put,
        _parallel(args.parallel),
        args.cache,
    )

    def on_wait(sentence: str) -> None:
        _common.say(f"{sentence}; Ctrl-C to give up")

    with storage.explained(workspace), lock.hold(workspace, _command(args), wait=args.wait, on_wait=on_wait):
        outcome = simulate(asked, lambda: _view(args, asked), _common.say)
    return _finish(outcome, args)


def _view(args: argparse.Namespace, asked: Asked) -> Any:
    from graduate.pipeline.view import live

    return live.open_view(list(asked.spec.nodes()), args.spec, sys.stderr)


def _finish(outcome: Outcome, args: argparse.Namespace) -> int:
    result = outcome.result
    if outcome.error:
        _common.say(_failure(outcome, args))
    elif result.status == "interrupted":
        _common.say(_interrupted(args))
    if args.json:
        print(json.dumps(outcome.to_json(), ensure_ascii=False))
    elif outcome.error is None and result.status != "interrupted":
        _summarise(outcome, args)
    return outcome.exit_code


def _summarise(outcome: Outcome, args: argparse.Namespace) -> None:
    from graduate.pipeline.view import style, summary

    result = outcome.result
    hints = summary.Hints(args.spec, commands=_next(result.run_id, result.pushed_to, args))
    text = summary.render(
        result, hints, seconds=outcome.seconds, width=_common.width(), colour=style.wanted(sys.stdout)
    )
    if result.status == "stopped":  # of a pipeline that pushes nothing
        text = "done: every task that was to run has succeeded\n" + text.partition("\n")[2]
    print(text, end="")


def _next(run_id: str, pushed_to: str | None, args: argparse.Namespace) -> list[str]:
    where = ["--workdir", args.workdir or _WORKDIR]
    commands = [["graduate", "lineage", run_id, *where], ["graduate", "why", run_id, *where]]
    if pushed_to:
        from graduate.pipeline.view import style

        commands.append(["graduate", "serve", style.short(str(Path(pushed_to).parent))])
    return [shlex.join(command) for command in commands]


def _failure(outcome: Outcome, args: argparse.Namespace) -> str:
    """At most ten lines: the task, the log, why, and the end of what it said."""
    from graduate.pipeline.view import style

    assert outcome.error is not None
    lines = [f"{outcome.error['node']} failed. To go on from there: {_command(args)}"]
    if outcome.log is not None:
        lines.append(f"full log: {style.short(str(outcome.log))}")
    said = [f"  {line[: _common.width() - 2]}" for line in outcome.error["said"]]
    return "\n".join([*lines, *said, f"error: {outcome.error['message']}"])


def _pairs(option: str, given: list[str]) -> dict[str, str]:
    """`name=value` pairs; the name ends at the first `=`."""
    found = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise errors.UsageError(f"{option} {pair}: NAME=VALUE is wanted", hint="see graduate simulate --help")
        found[name] = value
    return found


def _project(given: str | None) -> Path:
    folder = Path(os.path.abspath(Path(given or ".").expanduser()))
    if not folder.is_dir():
        raise errors.UsageError("--project: there is no such folder", where=str(folder))
    return folder


def _parallel(given: int | None) -> int:
    if given is not None and given < 1:
        raise errors.UsageError(f"--parallel {given}: at least 1 container is needed")
    return given or len(os.sched_getaffinity(0))


def _failed_at_once(error: errors.UserError) -> dict[str, Any]:
    """The JSON of a run that did not start."""
    from graduate.pipeline.result import RunResult

    told = {"message": error.message, "hint": error.hint, "where": error.where, "node": None}
    return {**RunResult("", "failed").to_json(), "run_id": None, "error": told, "log": None, "seconds": 0.0}


def _command(args: argparse.Namespace) -> str:
    """The command that goes on from where this one stopped."""
    words = ["graduate", "simulate", args.spec]
    for option, given in (("--param", args.parameters), ("--put", args.put)):
        for pair in given:
            words += [option, pair]
    for option, value in (("--project", args.project), ("--workdir", args.workdir)):
        words += [option, value] if value else []
    return shlex.join(words)


def _interrupted(args: argparse.Namespace) -> str:
    return f"interrupted: the same command goes on from there: {_command(args)}"
