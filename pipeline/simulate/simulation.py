"""One simulation from its spec to its result: the work folder made ready, the run begun, walked and judged."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.errors import FAILED, UsageError
from graduate.pipeline.kubeflow import places
from graduate.pipeline.result import NodeReport
from graduate.pipeline.simulate import launcher, outcome, pod
from graduate.pipeline.simulate.driver import Identity
from graduate.pipeline.simulate.objects import Objects
from graduate.pipeline.simulate.scheduler import Around, Failure, Scheduler
from graduate.pipeline.simulate.scope import Scope
from graduate.pipeline.simulate.spec import Spec
from graduate.pipeline.supervise import storage
from graduate.pipeline.supervise.execution import Outcome, View
from graduate.pipeline.supervise.signals import Signals
from graduate.pipeline.workspace import Workspace

WORKDIR = ".graduate-kubeflow"  # apart from that of runs on this machine: another vocabulary
DEFAULT_ROOT = "minio://mlpipeline/v2/artifacts"  # Kubeflow's, where a spec has none
_TAIL = 6  # lines of a failed task's log


@dataclass(frozen=True)
class Asked:
    """What a simulation is asked to do.

    Attributes:
        spec: the pipeline.
        parameters: of the run, all of them.
        workspace: the work folder.
        project: the folder that the image would hold.
        put: {URI: file or folder of this machine} that goes into the object store first.
        parallel: containers at a time.
        cache: whether tasks are taken from the cache.
    """

    spec: Spec
    parameters: Mapping[str, Any]
    workspace: Workspace
    project: Path
    put: Mapping[str, Path] = field(default_factory=dict)
    parallel: int = 1
    cache: bool = True


def simulate(asked: Asked, view: Callable[[], View], say: Callable[[str], None]) -> Outcome:
    """Run a spec; call it while holding the work folder's lock, in the main thread.

    Args:
        asked: what to do.
        view: makes what shows the run.
        say: prints a line to the user, before the view is there.

    Raises:
        UserError: the work folder cannot be used, or something that is to be put is not there.
    """
    start, run_id = time.monotonic(), str(uuid.uuid4())
    root_uri = _root(asked.spec)
    objects = Objects(asked.workspace.root / "objects")
    for uri, path in asked.put.items():
        objects.put(uri, path)
    with storage.explained(asked.workspace):
        storage.check_store(asked.workspace)
        records, root = _begin(asked, root_uri, run_id, say)
    reports: list[NodeReport] = []
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        shown = stack.enter_context(view())
        scheduler = Scheduler(asked.spec, _around(asked, root_uri, run_id, objects, _telling(shown, reports)), records)
        scheduler.run(root, lambda: len(signals.received), shown.tick)
    shared = scheduler.around.places
    found = outcome.result(
        run_id,
        root,
        tuple(reports),
        interrupted=bool(signals.received) and scheduler.stopping,
        kind=records.kind,
        at=lambda uri: objects.at(uri) if places.in_object_store(uri) else Path(uri),
        pushed_at=lambda path: _pushed_at(asked.spec, shared, path),
    )
    with contextlib.suppress(OSError):
        scheduler.around.pods.rmdir()
    error = _error(scheduler.failures) if found.status == "failed" else None
    log = scheduler.failures[0].log if scheduler.failures else None
    return Outcome(found, error, log, round(time.monotonic() - start, 3))


def _root(spec: Spec) -> str:
    root = spec.pipeline_root.rstrip("/") or DEFAULT_ROOT
    if places.in_object_store(root) or root.startswith("/"):
        return root
    raise UsageError(
        f"has the pipeline root {root}",
        where=spec.path,
        hint="minio://, s3:// or gs://bucket/folder, or for a simulation a folder by its whole path",
    )


def _begin(asked: Asked, root_uri: str, run_id: str, say: Callable[[str], None]) -> tuple[Any, Scope]:
    from graduate.pipeline import record
    from graduate.pipeline.simulate.metadata import Cluster
    from graduate.pipeline.simulate.records import Records

    store = record.open_store(asked.workspace, create=True)
    assert store is not None
    if record.RUN_TYPE in [one.name for one in store.get_context_types()]:
        raise UsageError(
            "is the work folder of runs on this machine, which are written down in another way",
            where=str(asked.workspace.root),
            hint=f"leave --workdir out, or give another; the default is {WORKDIR}",
        )
    cluster = Cluster(store, root=root_uri, session="")
    run = cluster.run(asked.spec.pipeline, run_id, asked.parameters)
    records = Records(cluster, run)
    for stale in records.close_stale():
        say(f"{stale} was interrupted: its finished tasks are taken from the cache")
    return records, Scope("", asked.spec.root, run.root, asked.parameters, {})


def _around(
    asked: Asked, root_uri: str, run_id: str, objects: Objects, tell: Callable[[str, Mapping[str, Any]], None]
) -> Around:
    root, name = asked.workspace.root, asked.spec.pipeline
    shared = pod.Places(asked.project, root / "volumes", root / "secrets")
    logs, pods = root / "logs" / name / run_id, root / "pods" / run_id
    for folder in (shared.volumes, logs, pods):
        folder.mkdir(parents=True, exist_ok=True)
    identity = Identity(run_id, f"{name}-{run_id[:5]}", f"{root_uri}/{name}/{run_id}")
    return Around(identity, objects, shared, pods, logs, asked.parallel, asked.cache, tell)


def _telling(shown: View, reports: list[NodeReport]) -> Callable[[str, Mapping[str, Any]], None]:
    def tell(event: str, fields: Mapping[str, Any]) -> None:
        if event == "node" and fields["state"] != "running":
            reports.append(NodeReport(fields["node"], fields["state"], round(fields["seconds"], 3), fields["reason"]))
        shown.handle({"event": event, **fields})

    return tell


def _pushed_at(spec: Spec, shared: pod.Places, path: str) -> Path:
    """Where a folder of the Pusher's container lies."""
    pusher = next((one for one in _tasks(spec) if one[0] == "Pusher"), None)
    if pusher is None:
        return Path(path)
    made = pod.make(spec, spec.of(pusher[1]), shared, shared.volumes, "Pusher")
    return made.local(path)


def _tasks(spec: Spec) -> list[tuple[str, Mapping[str, Any]]]:
    return [one for component in (spec.root, *spec.components.values()) for one in component.tasks.items()]


def _error(failures: list[Failure]) -> dict[str, Any]:
    """The fields of an `error` event, as `supervise.failure` has them."""
    first = failures[0]
    said = launcher.tail(first.log, _TAIL) if first.log else []
    return {
        "message": first.why,
        "hint": None,
        "where": None,
        "exit_code": FAILED,
        "node": first.task,
        "expected": False,
        "traceback": "",
        "said": said,
    }


__all__ = ["WORKDIR", "Asked", "simulate"]
