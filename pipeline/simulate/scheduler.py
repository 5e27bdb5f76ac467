"""Walks the DAG as Argo does for Kubeflow: a task starts when what it waits for has succeeded, several at a time.

After a failure nothing new starts, what runs goes on to its end. A task behind one that was skipped is not run, and
leaves no record. All records are written by this one thread; containers are waited for in theirs.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline.simulate import driver, pod
from graduate.pipeline.simulate.launcher import Given, Launch
from graduate.pipeline.simulate.objects import Objects
from graduate.pipeline.simulate.records import Records
from graduate.pipeline.simulate.scope import SUCCEEDED, Done, Scope
from graduate.pipeline.simulate.spec import Component, Spec, upstream

_ALWAYS = "ALL_UPSTREAM_TASKS_COMPLETED"  # of a task that runs whatever came before
_PATIENCE = 0.2  # seconds between two looks for a signal
Tell = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Around:
    """What a run happens in.

    Attributes:
        identity: of the run.
        objects: the object stores.
        places: the folders that pods share.
        pods: that gets a folder for each pod.
        logs: that gets a file for each task.
        parallel: containers at a time.
        cache: whether tasks are taken from the cache.
        tell: gets events, by kind and fields.
    """

    identity: driver.Identity
    objects: Objects
    places: pod.Places
    pods: Path
    logs: Path
    parallel: int
    cache: bool
    tell: Tell


@dataclass
class Failure:
    """A task that failed."""

    task: str
    why: str
    log: Path | None


@dataclass
class _Running:
    """A container that is being tried."""

    scope: Scope
    name: str
    execution: int
    inputs: driver.Inputs
    executor_input: Mapping[str, Any]
    started: float
    tries: int = 0
    launch: Launch | None = None


@dataclass
class Scheduler:
    """One run of a spec."""

    spec: Spec
    around: Around
    records: Records
    failures: list[Failure] = field(default_factory=list)
    stopping: bool = False

    def __post_init__(self) -> None:
        self._resolver = driver.Resolver(self.around.identity)
        self._said: queue.Queue[Callable[[], None]] = queue.Queue()  # by threads, to be done by this one
        self._waiting: list[_Running] = []  # for room
        self._running: list[_Running] = []
        self._scopes: list[Scope] = []
        self._pods = 0

    def run(self, root: Scope, signals: Callable[[], int], tick: Callable[[], None]) -> None:
        """Run every task of a DAG.

        Args:
            root: the pipeline's.
            signals: how many signals have come that end a run: at the first containers are asked to end, at the second
                they are killed.
            tick: is called several times a second.
        """
        self._scopes = [root]
        asked = 0
        try:
            while self._advance():
                with contextlib.suppress(queue.Empty):
                    self._said.get(timeout=_PATIENCE)()
                if signals() > asked:
                    asked = signals()
                    self._stop(at_once=asked > 1)
                tick()
        finally:
            self._stop(at_once=True)

    def _advance(self) -> bool:
        """Start what can start; False when nothing runs and nothing will."""
        moved = True
        while moved:
            moved = any([self._begin(scope, *one) for scope in list(self._scopes) for one in list(_open(scope))])
            moved = any([self._close(scope) for scope in list(self._scopes)]) or moved
        while self._waiting and len(self._running) < self.around.parallel and not self.stopping:
            self._try(self._waiting.pop(0))
        return bool(self._running or (self._waiting and not self.stopping))

    def _begin(self, scope: Scope, name: str, task: Mapping[str, Any]) -> bool:
        """Begin one task if its time has come; whether it has."""
        always = (task.get("triggerPolicy") or {}).get("strategy") == _ALWAYS
        before = [scope.done.get(other) for other in upstream(task)]
        if (self.failures and not always) or self.stopping:
            scope.done[name] = Done("omitted")
            return True
        if None in before:
            return False
        if not always and any(one is not None and one.state not in SUCCEEDED for one in before):
            scope.done[name] = Done("omitted")
            self._tell_skipped(scope, name, self.spec.of(task))
            return True
        scope.running.add(name)
        try:
            self._drive(scope, name, task, self.spec.of(task))
        except UserError as error:
            self._fail(scope, name, str(error), None, 0)
        return True

    def _drive(self, scope: Scope, name: str, task: Mapping[str, Any], component: Component) -> None:
        if component.importer is not None:
            self._import(scope, name, task, component)
            return
        inputs = self._resolver.inputs(name, task, component, scope)
        triggered = driver.triggers(task, inputs)
        if component.dag is not None:
            execution = self.records.dag(scope, name, task, component, inputs, triggered)
            if triggered:
                self._scopes.append(Scope(name, component, execution, inputs.parameters, inputs.artifacts, scope))
            else:
                self._skip(scope, name, component, execution)
            return
        provided = driver.outputs(component, name, self.around.identity.root, self.records.salt()) if triggered else {}
        claims = pod.claims(component)
        known = driver.fingerprint(task, component, inputs, provided, claims) if triggered else ""
        found = self.records.cached(known) if self.around.cache else None
        execution = self.records.container(scope, name, task, inputs, known, found, triggered)
        if not triggered:
            self._skip(scope, name, component, execution)
        elif found is not None:
            done = self.records.publish_cached(execution, found, list(provided.get("artifacts", {})))
            self._finish(scope, name, done, 0.0, f"from {self.records.run_of(found)}")
        else:
            told = {"inputs": inputs.told(), "outputs": provided}
            self._waiting.append(_Running(scope, name, execution, inputs, told, time.monotonic()))

    def _import(self, scope: Scope, name: str, task: Mapping[str, Any], component: Component) -> None:
        self.around.tell("node", {"node": name, "state": "running"})
        uri = self._imported_uri(name, task, component, scope)
        done = self.records.imported(scope, name, component, uri)
        self._finish(scope, name, done, 0.0, uri)

    def _imported_uri(self, name: str, task: Mapping[str, Any], component: Component, scope: Scope) -> str:
        told = (component.importer or {}).get("artifactUri") or {}
        uri = told.get("constant")
        if "runtimeParameter" in told:
            uri = self._resolver.inputs(name, task, component, scope).parameters.get(told["runtimeParameter"])
        if not isinstance(uri, str) or not uri:
            raise UserError("empty artifact URI: the importer's parameter has no value")
        return uri

    def _try(self, running: _Running) -> None:
        self._pods += 1
        task = running.scope.component.tasks[running.name]
        component = self.spec.of(task)
        name = f"{self.around.identity.name}-{running.name.lower()}-{self._pods}"
        folder = self.around.pods / f"{self._pods:02d}-{running.name}"
        made = pod.make(self.spec, component, self.around.places, folder, name)
        self.records.begin(running.execution, made.name, made.uid)
        if running.tries == 0:
            running.started = time.monotonic()
            self.around.tell("node", {"node": running.name, "state": "running"})
        running.tries += 1
        log = self.around.logs / f"{running.name}.log"
        running.launch = Launch(component, running.executor_input, made, self.around.objects, log, self._on_event)
        self._running.append(running)
        threading.Thread(target=self._wait, args=(running,), daemon=True).start()

    def _wait(self, running: _Running) -> None:
        assert running.launch is not None
        try:
            given = running.launch.run()
        except Exception as error:  # a defect of ours must not leave the run waiting for ever
            given = Given(f"{type(error).__name__}: {error}")
        self._said.put(lambda: self._end(running, given))

    def _on_event(self, event: Mapping[str, Any]) -> None:
        told = {key: value for key, value in event.items() if key != "event"}
        self._said.put(lambda: self.around.tell(str(event["event"]), told))

    def _end(self, running: _Running, given: Given) -> None:
        self._running.remove(running)
        scope, name, seconds = running.scope, running.name, time.monotonic() - running.started
        log = self.around.logs / f"{name}.log"
        if not given.error:
            done = self.records.publish(running.execution, given)
            self._finish(scope, name, done, seconds, "")
            self.records.update_dag(scope)
            return
        self.records.publish_failed(running.execution)
        policy = scope.component.tasks[name].get("retryPolicy") or {}
        if running.tries <= int(policy.get("maxRetryCount") or 0) and not self.stopping:
            text = f"{given.error}; tried again ({running.tries} of {int(policy['maxRetryCount'])})"
            self.around.tell("note", {"node": name, "text": text})
            self._waiting.append(running)
            return
        self._fail(scope, name, given.error, log, running.execution, seconds)
        self.records.update_dag(scope)

    def _finish(self, scope: Scope, name: str, done: Done, seconds: float, reason: str) -> None:
        scope.running.discard(name)
        scope.done[name] = done
        told = {"node": name, "state": done.state, "seconds": seconds, "reason": reason}
        self.around.tell("node", told)

    def _fail(self, scope: Scope, name: str, why: str, log: Path | None, execution: int, seconds: float = 0.0) -> None:
        if not self.stopping:
            self.failures.append(Failure(name, why, log))
        self._finish(scope, name, Done("failed", execution), seconds, "interrupted" if self.stopping else why)

    def _skip(self, scope: Scope, name: str, component: Component, execution: int) -> None:
        scope.running.discard(name)
        scope.done[name] = Done("skipped", execution)
        self._tell_skipped(scope, name, component)

    def _tell_skipped(self, scope: Scope, name: str, component: Component) -> None:
        reason = f"{name.removeprefix('condition-')} refused" if name.startswith("condition-") else "its condition"
        below = [name] if component.dag is None else list(self.spec.nodes(component))
        for node in below:
            self.around.tell("node", {"node": node, "state": "skipped", "seconds": 0.0, "reason": reason})

    def _close(self, scope: Scope) -> bool:
        """End a sub-DAG whose tasks have all ended; whether it did."""
        if not scope.is_over():
            return False
        self._scopes.remove(scope)
        if scope.above is None:
            return True
        states = {done.state for done in scope.done.values()}
        state = "failed" if "failed" in states or (self.failures and "omitted" in states) else "ran"
        scope.above.running.discard(scope.name)
        scope.above.done[scope.name] = Done(state, scope.execution, scope=scope)
        return True

    def _stop(self, *, at_once: bool) -> None:
        self.stopping = self.stopping or bool(self._running or self._waiting)
        for running in self._running:
            if running.launch is not None:
                running.launch.stop(at_once=at_once)
        for running in self._waiting:  # their drivers have begun them
            self.records.publish_failed(running.execution)
            self._fail(running.scope, running.name, "", None, running.execution)
        self._waiting.clear()


def _open(scope: Scope) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, task in scope.component.tasks.items():
        if name not in scope.done and name not in scope.running:
            yield name, task
