"""What was pushed, as the store tells it: versions, who pushed them, which one serves."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event

# Executions that push without a run: what people did by hand (`graduate rollback`, `graduate bless`)
ROLLBACK, OVERRIDE = "graduate.Rollback", "graduate.Override"
_BRIEF = ("pushed", "pushed_destination", "pushed_version", "task_name")


@dataclass(frozen=True)
class Push:
    """One version that was pushed.

    Attributes:
        artifact: the PushedModel.
        version: its number; None where the destination's name is none.
        folder: where it was pushed to.
        pipeline: the pipeline's name.
        run: the run that pushed it; of a rollback the run that made the model, where the store knows.
        execution: the execution that pushed; None where the store does not tell.
        by_hand: `rollback`, `override`, or "" where a run's Pusher did it.
    """

    artifact: Artifact
    version: int | None
    folder: str
    pipeline: str
    run: str
    execution: Execution | None
    by_hand: str = ""

    @cached_property
    def place(self) -> str:
        """The folder of versions."""
        return os.path.dirname(self.folder)

    @property
    def name(self) -> str:
        """`digits:1795829945`."""
        return f"{self.pipeline}:{self.version}" if self.version is not None else f"{self.pipeline}:{self.folder}"


def pushes(
    records: Records, *, ids: Collection[int] | None = None, where: Callable[[Push], bool] = lambda push: True
) -> list[Push]:
    """Every push (or those of these artifacts), the latest first; those that pushed nothing are left out.

    Args:
        records: the store.
        ids: of PushedModels.
        where: which ones, told by artifact, version and folder; of those alone it is asked who pushed them.
    """
    return with_givers(records, [push for push in pushed(records, ids=ids) if where(push)])


def pushed(records: Records, *, ids: Collection[int] | None = None) -> list[Push]:
    """As `pushes`, without asking who pushed: pipeline, run and execution are empty."""
    made = [
        _push(artifact, None)
        for artifact in records.artifacts(kinds=("PushedModel",), ids=ids, only=_BRIEF)
        if artifact.properties.get("pushed") and artifact.properties.get("pushed_destination")
    ]
    return sorted(made, key=lambda push: (push.artifact.created, push.artifact.id), reverse=True)


def serving_now(records: Records) -> list[Push]:
    """Of every place the version that serves, and who pushed it."""
    return serving(with_givers(records, serving(pushed(records))))


def serving(every: Sequence[Push]) -> list[Push]:
    """Of each place the version that TensorFlow Serving takes: the highest number."""
    best: dict[str, Push] = {}
    for push in every:
        if push.place not in best or (push.version or -1) > (best[push.place].version or -1):
            best[push.place] = push
    return sorted(best.values(), key=lambda push: (push.pipeline, push.place))


def model_of(records: Records, push: Push) -> Artifact | None:
    """The trained Model whose files were pushed; through a rollback, that of the version gone back to."""
    seen: set[int] = set()
    at = push
    while at.execution is not None and at.artifact.id not in seen:
        seen.add(at.artifact.id)
        taken = [event for event in records.events(executions=[at.execution.id]) if not event.output]
        inputs = {artifact.id: artifact for artifact in records.artifacts(ids={event.artifact for event in taken})}
        models = [artifact for artifact in inputs.values() if artifact.kind == "Model"]
        if models:
            named = {event.artifact for event in taken if event.key == "model"}
            return next((model for model in models if model.id in named), models[0])
        earlier = pushes(records, ids=[artifact.id for artifact in inputs.values() if artifact.kind == "PushedModel"])
        if not earlier:
            return None
        at = earlier[0]
    return None


def with_givers(records: Records, found: Sequence[Push]) -> list[Push]:
    """Pushes that `pushed` gave, with who pushed them."""
    givers = _givers(records, [push.artifact.id for push in found])
    return [_push(push.artifact, givers.get(push.artifact.id)) for push in found]


def _push(artifact: Artifact, giver: Execution | None) -> Push:
    folder = str(artifact.properties["pushed_destination"]).rstrip("/")
    told = str(artifact.properties.get("pushed_version") or os.path.basename(folder))
    kinds = {ROLLBACK: "rollback", OVERRIDE: "override"}
    return Push(
        artifact=artifact,
        version=int(told) if told.isascii() and told.isdigit() else None,
        folder=folder,
        pipeline=giver.pipeline if giver else "",
        run=giver.run if giver else "",
        execution=giver,
        by_hand=kinds.get(giver.type, "") if giver else "",
    )


def _givers(records: Records, artifacts: Sequence[int]) -> dict[int, Execution]:
    """Of each artifact the execution that made it, not one that found it in the cache."""
    if not artifacts:
        return {}
    events: list[Event] = records.events(artifacts=artifacts, output=True, tell="times")
    executions = {one.id: one for one in records.executions({event.execution for event in events}, only=())}
    found: dict[int, Execution] = {}
    for event in events:
        execution = executions.get(event.execution)
        if execution is None:
            continue
        if event.artifact not in found or (found[event.artifact].state == "cached" != execution.state):
            found[event.artifact] = execution
    return found
