"""`graduate run`: from a config to a pushed model, or to the reason why not."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.result import NodeReport, RunResult
    from graduate.pipeline.supervise.plan import Plan
    from graduate.pipeline.workspace import Workspace

HELP = "run a pipeline: data, training, evaluation, gate, push"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common.add_config_arguments(parser)
    parser.add_argument("--runner", choices=("local", "beam"), default="local", help="TFX's LocalDagRunner or BeamDagRunner")
    parser.add_argument("--until", metavar="NODE", help="stop after this node, e.g. Transform")
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="run every node again")
    parser.add_argument("--no-wait", dest="wait", action="store_false", help="do not wait for another run in the work folder")
    _common.add_json(parser, "print the result as one line of JSON, the last of stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb; the exit code follows from the run's status."""
    from graduate.pipeline.supervise import lock, plan

    config = _common.load_config(args)
    workspace = _common.workspace(args)
    _check_until(args.until, config)
    planned = plan.make(config, workspace, args.until)
    result = _unchanged(planned, args)
    if result is None:
        with lock.hold(workspace, _command(), args.config, wait=args.wait, on_wait=_say) as descriptor:
            # who held it may have done this very run
            planned = plan.make(config, workspace, args.until)
            result = _unchanged(planned, args) or _run(planned, args, descriptor)
    return _finish(result, planned, args)


def _unchanged(planned: Plan, args: argparse.Namespace) -> RunResult | None:
    from graduate.pipeline import fingerprint, record

    store = record.open_store(planned.workspace) if args.cache else None
    if store is None:
        return None
    return fingerprint.unchanged(store, planned.config, planned.workspace, planned.fingerprint.whole)


def _run(planned: Plan, args: argparse.Namespace, lock_descriptor: int) -> RunResult:
    from graduate.pipeline import graph, record
    from graduate.pipeline.result import RunResult
    from graduate.pipeline.supervise import failure
    from graduate.pipeline.supervise.signals import Signals
    from graduate.pipeline.supervise.worker_process import WorkerProcess
    from graduate.pipeline.view import live

    config, workspace = planned.config, planned.workspace
    store = record.open_store(workspace, create=True)
    assert store is not None
    for stale in record.close_stale(store):
        _say(f"{stale} was interrupted; finished nodes and checkpoints are taken up")
    run_id = record.new_run_id(config.name)
    record.start_run(store, run_id, config.name, config.to_json(), planned.fingerprint.whole)
    request = planned.request(run_id, runner=args.runner, until=args.until, cache=args.cache, debug=args.debug)
    del store  # SQLite has one writer: the worker
    log = workspace.log(config.name, run_id)
    seen = _Seen()
    nodes = [node.id for node in graph.nodes(config)]
    with Signals() as signals, WorkerProcess(request, log, keep_open=[lock_descriptor]) as worker:
        with live.open_view(nodes, f"graduate run {args.config}") as view:

            def on_event(event: dict[str, Any]) -> None:
                seen.handle(event)
                view.handle(event)

            code = worker.follow(on_event, view.tick, seconds=view.refresh_seconds, signals=signals)
        interrupted = bool(signals.received) and seen.result is None
    store = record.open_store(workspace, create=True)
    assert store is not None
    if interrupted:
        record.close_stale(store)
        _say(f"interrupted; to go on from here:  {_command()}")
        return RunResult(run_id, "interrupted", tuple(seen.nodes))
    if seen.result is None:
        error = seen.error or failure.died(code, seen.running)
        _say(failure.render(error, _command(), log))
        if args.debug and error.get("traceback"):
            _say(error["traceback"])
        record.close_stale(store, "failed")
        status = "data_refused" if error["exit_code"] == errors.DATA_REFUSED else "failed"
        result = RunResult(run_id, status, tuple(seen.nodes))
        record.finish_run(store, result, error=str(error["message"]))
        return result
    record.finish_run(store, seen.result)
    return seen.result


class _Seen:
    """What the events of a run said."""

    def __init__(self) -> None:
        self.result: RunResult | None = None
        self.error: Mapping[str, Any] | None = None
        self.running: str | None = None
        self.nodes: list[NodeReport] = []

    def handle(self, event: Mapping[str, Any]) -> None:
        from graduate.pipeline.result import NodeReport, RunResult

        if event["event"] == "result":
            self.result = RunResult.from_json(event)
        elif event["event"] == "error":
            self.error = event
        elif event["event"] == "node":
            self.running = event["node"] if event["state"] == "running" else None
            if event["state"] != "running":
                self.nodes.append(NodeReport(event["node"], event["state"], event["seconds"], event.get("reason") or ""))


def _finish(result: RunResult, planned: Plan, args: argparse.Namespace) -> int:
    from graduate.pipeline.view import summary

    if args.json:
        print(json.dumps(result.to_json(), ensure_ascii=False))
    elif result.status not in ("failed", "interrupted") and (result.nodes or result.unchanged):
        width = min(shutil.get_terminal_size((80, 24)).columns, 100)
        print(summary.render(result, args.config, example=_example(planned), workdir=args.workdir, width=width), end="")
    return result.exit_code


def _example(planned: Plan) -> str | None:
    from graduate.pipeline.data import source

    found = source.resolve(planned.config, planned.workspace)
    return os.path.join(found.path, planned.example) if found.kind == "images" and planned.example else None


def _check_until(until: str | None, config: Any) -> None:
    from graduate.pipeline import graph

    known = [node.id for node in graph.nodes(config)]
    if until is not None and until not in known:
        import difflib

        close = difflib.get_close_matches(until, known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]}?" if close else f"nodes: {', '.join(known)}"
        raise errors.UsageError(f"--until {until}: there is no such node in this pipeline", hint=hint)


def _command() -> str:
    return shlex.join(["graduate", *sys.argv[1:]])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
