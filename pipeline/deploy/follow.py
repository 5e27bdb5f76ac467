"""A run on a cluster, followed with the view of a local run; a server that is away for a while is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from graduate.errors import UserError
from graduate.pipeline.deploy import progress
from graduate.pipeline.deploy.api import Api
from graduate.pipeline.deploy.faults import Fault
from graduate.pipeline.deploy.progress import Node, Progress
from graduate.pipeline.deploy.spec import Spec, of

SERVER = "Kubeflow"  # the row of the view in which the server itself is told of
_UNSCHEDULED_S = 60.0  # a pod that waits longer than this is worth a line


class View(Protocol):
    """What shows the run."""

    refresh_seconds: float | None

    def __enter__(self) -> View: ...
    def __exit__(self, *exception: object) -> None: ...
    def handle(self, event: dict[str, Any]) -> None: ...
    def tick(self) -> None: ...


@dataclass(frozen=True)
class Patience:
    """How often is asked, and how long a server may be away, in seconds."""

    poll: float = 3.0
    away: float = 600.0


def spec_of(api: Api, run: dict[str, Any]) -> Spec:
    """The spec of a run that is there already.

    Raises:
        UserError: it was not made by Graduate, or its version is gone.
    """
    reference = run.get("pipeline_version_reference") or {}
    document = run.get("pipeline_spec")
    if not document and reference.get("pipeline_version_id"):
        call = api.pipelines.pipeline_service_get_pipeline_version
        version = api.read(
            "read the run's pipeline", call, reference.get("pipeline_id"), reference["pipeline_version_id"]
        )
        document = version.get("pipeline_spec")
    try:
        return of(document or {})
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"the run {run.get('run_id')} has no pipeline spec that could be read") from None


def follow(api: Api, run_id: str, spec: Spec, view: View, patience: Patience) -> Progress:
    """Show a run until it has ended.

    Raises:
        UserError: the server does not know us or the run any more, or was away for too long.
    """
    told = _Told(view)
    with view:
        while True:
            seen = progress.of(_ask(api, run_id, told, patience), spec)
            told.of(seen)
            view.tick()
            if seen.ended:
                return seen
            _wait(view, patience.poll)


def _ask(api: Api, run_id: str, told: _Told, patience: Patience) -> dict[str, Any]:
    """The run as it is now, however often that has to be asked."""
    away_since: float | None = None
    for pause in _pauses(patience.poll):
        try:
            run = api.once(api.runs.run_service_get_run, run_id)
        except Fault as fault:
            now = time.monotonic()
            away_since = now if away_since is None else away_since
            if not fault.passes or now - away_since > patience.away:
                raise api.explained(fault, f"tell of the run {run_id}") from None
            told.away(str(fault))
            _wait(told.view, max(pause, min(fault.retry_after or 0.0, 30.0)))
        else:
            told.back()
            return run
    raise AssertionError("pauses do not end")


def _pauses(first: float) -> Iterator[float]:
    pause = first
    while True:
        yield pause
        pause = min(30.0, 2 * pause)


def _wait(view: View, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, view.refresh_seconds or left))
        view.tick()


class _Told:
    """What the view knows already: of each poll it is told the difference."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._nodes: dict[str, Node] = {}
        self._pending: dict[str, float] = {}
        self._away = False

    def of(self, seen: Progress) -> None:
        for name, node in seen.nodes.items():
            before = self._nodes.get(name, Node())
            self._nodes[name] = node
            if node.state != before.state and node.state != "waiting":
                if node.state not in ("running", "skipped") and before.state == "waiting":
                    self._event("node", name, state="running")
                self._event("node", name, state=node.state, seconds=node.seconds, reason=node.reason)
            if node.tries > before.tries and node.state == "running":
                self._event("note", name, text=f"try {node.tries} failed; it is tried again")
            self._waits(name, node)

    def _waits(self, name: str, node: Node) -> None:
        """A pod that does not start is told of once: it may be an image that is not there, or a full cluster."""
        if not node.pending:
            self._pending.pop(name, None)
            return
        since = self._pending.setdefault(name, time.monotonic())
        if time.monotonic() - since >= _UNSCHEDULED_S:
            self._pending[name] = float("inf")
            self._event("note", name, text="its pod has not started for a minute; kubectl get events says why")

    def away(self, why: str) -> None:
        if not self._away:
            self._event("note", SERVER, text=f"{why}; the run goes on, and it is asked again")
        self._away = True

    def back(self) -> None:
        if self._away:
            self._event("note", SERVER, text="answers again")
        self._away = False

    def _event(self, kind: str, node: str, **fields: Any) -> None:
        self.view.handle({"event": kind, "node": node, **fields})
