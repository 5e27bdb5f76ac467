"""One run as the light process lives it: a worker started, followed, and its outcome written down whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from graduate import errors, publish
from graduate.pipeline import record
from graduate.pipeline.facts.start import Gathering
from graduate.pipeline.result import NodeReport, RunResult, Status
from graduate.pipeline.supervise import failure, storage
from graduate.pipeline.supervise.plan import Plan
from graduate.pipeline.supervise.signals import Signals
from graduate.pipeline.supervise.worker_process import WORKER, WorkerProcess


class View(Protocol):
    """What shows the run; `refresh_seconds` is the time between two ticks, None for a view that only tells events."""

    refresh_seconds: float | None

    def __enter__(self) -> View: ...
    def __exit__(self, *exception: object) -> None: ...
    def handle(self, event: Mapping[str, Any]) -> None: ...
    def tick(self) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """What came of a run: its result, the error if there was one (as `failure.describe` made it), the log, the time."""

    result: RunResult
    error: Mapping[str, Any] | None = None
    log: Path | None = None
    seconds: float | None = None

    @property
    def exit_code(self) -> int:
        """The status's, but an error of the user's keeps its own: a bad config that the worker finds is exit 2."""
        return int(self.error["exit_code"]) if self.error else self.result.exit_code

    def to_json(self) -> dict[str, Any]:
        """The result, and beside it `error` (message, hint, where, node; or null), `log` (path or null), `seconds`."""
        told = {key: self.error.get(key) for key in ("message", "hint", "where", "node")} if self.error else None
        return {
            **self.result.to_json(),
            "error": told,
            "log": str(self.log) if self.log else None,
            "seconds": self.seconds,
        }


@dataclass
class Seen:
    """What the events of a run have said so far."""

    result: RunResult | None = None
    error: Mapping[str, Any] | None = None
    running: list[str] = field(default_factory=list)
    nodes: list[NodeReport] = field(default_factory=list)

    def handle(self, event: Mapping[str, Any]) -> None:
        """Take one event in."""
        if event["event"] == "result":
            self.result = RunResult.from_json(event)
        elif event["event"] == "error":
            self.error = event
        elif event["event"] == "node":
            node, state = event["node"], event["state"]
            self.running = [name for name in self.running if name != node] + ([node] if state == "running" else [])
            if state != "running":
                self.nodes.append(NodeReport(node, state, event.get("seconds") or 0.0, event.get("reason") or ""))


def execute(
    plan: Plan,
    options: Mapping[str, Any],
    *,
    view: Callable[[Path], View],
    say: Callable[[str], None],
    keep_open: Sequence[int] = (),
    command: Sequence[str] | None = None,
) -> Outcome:
    """Run a plan in a worker; call it while holding the work folder's lock, in the main thread.

    Args:
        plan: what to run.
        options: `runner`, `until`, `cache`, `debug`, as `Plan.request` takes them.
        view: makes the view, given the log.
        say: prints a line to the user, before the view is there.
        keep_open: descriptors that the worker's guard keeps, the lock's.
        command: the worker; default `WORKER`.

    Raises:
        UserError: the work folder cannot be used.
    """
    run_id = record.new_run_id(plan.config.name)
    log = plan.workspace.log(plan.config.name, run_id)
    seen, start = Seen(), time.monotonic()
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        with storage.explained(plan.workspace):
            storage.check_store(plan.workspace)
            worker = stack.enter_context(WorkerProcess(log, keep_open=keep_open, command=command or WORKER))
            for stale in _start(plan, run_id, options):  # while the worker imports
                say(f"{stale} was interrupted: its finished nodes and checkpoints are taken up")
        worker.send(plan.request(run_id, **options))
        shown = stack.enter_context(view(log))

        def on_event(event: dict[str, Any]) -> None:
            seen.handle(event)
            shown.handle(event)

        code = worker.follow(on_event, shown.tick, seconds=shown.refresh_seconds, signals=signals)
        stopped = bool(signals.received)
    outcome = _outcome(plan, run_id, seen, code, stopped, log, say)
    return replace(outcome, seconds=round(time.monotonic() - start, 3))


def _start(plan: Plan, run_id: str, options: Mapping[str, Any]) -> list[str]:
    gathering = Gathering(plan, options)  # git answers while the store is opened
    store = record.open_store(plan.workspace, create=True)
    assert store is not None
    stale = record.close_stale(store)
    record.start_run(store, run_id, plan.config.name, plan.config.to_json(), plan.fingerprint.whole, gathering.facts())
    return stale


def _outcome(
    plan: Plan, run_id: str, seen: Seen, code: int, stopped: bool, log: Path, say: Callable[[str], None]
) -> Outcome:
    error: Mapping[str, Any] | None = None
    result = seen.result
    if result is None:
        status: Status = "interrupted"
        if not stopped:
            error = seen.error or failure.died(code, seen.running[-1] if seen.running else None)
            status = "data_refused" if error["exit_code"] == errors.DATA_REFUSED else "failed"
        result = RunResult(run_id, status, (*seen.nodes, *_unfinished(seen, status)))
    try:
        with storage.explained(plan.workspace):
            _finish(plan, result, error)
    except errors.UserError as full:  # the run is over either way; the next one closes its record
        say(f"this run could not be written down: {full}")
    return Outcome(result, error, log)


def _unfinished(seen: Seen, status: str) -> list[NodeReport]:
    return [NodeReport(node, "failed", 0.0, status) for node in seen.running]


def _finish(plan: Plan, result: RunResult, error: Mapping[str, Any] | None) -> None:
    store = record.open_store(plan.workspace, create=True)
    assert store is not None
    serves = _serves(plan)
    if result.status == "interrupted":
        record.add_facts(store, result, **serves)
        record.close_stale(store)
    elif error is not None:
        record.close_stale(store, "failed")
        record.finish_run(store, result, error=str(error["message"]), **serves)
    else:
        record.finish_run(store, result, **serves)


def _serves(plan: Plan) -> dict[str, str]:
    """The version that serves where this pipeline pushes to, now that the run is over."""
    try:
        version = publish.serving_version(plan.workspace.push_to(plan.config.name, plan.config.push.to))
    except OSError:
        return {}
    return {"serves": Path(version).name} if version else {}
