"""A store of many runs, through ML Metadata's API in a few large calls: a run has three executions, two artifacts."""

from __future__ import annotations

from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.writing import opened

NODES = ("ExampleGen", "Trainer", "Pusher")


def write(root: Path, runs: int) -> Path:
    """The store's file."""
    store = opened(root / "metadata.sqlite")
    kinds = [store.put_execution_type(mlmd.ExecutionType(name=f"tfx.components.{node}")) for node in NODES]
    data, model = (store.put_artifact_type(mlmd.ArtifactType(name=name)) for name in ("Examples", "Model"))
    run_type = store.put_context_type(mlmd.ContextType(name="pipeline_run"))
    done = mlmd.Execution.COMPLETE
    executions = store.put_executions(
        [mlmd.Execution(type_id=kind, last_known_state=done) for _ in range(runs) for kind in kinds]
    )
    artifacts = store.put_artifacts(
        [
            mlmd.Artifact(type_id=kind, uri=f"/{where}/{at}")
            for at in range(runs)
            for kind, where in ((data, "data/many"), (model, "models/many"))
        ]
    )
    contexts = store.put_contexts([mlmd.Context(type_id=run_type, name=f"many-{at:05}") for at in range(runs)])
    events, links = [], []
    for at in range(runs):
        bring, train, push = executions[3 * at : 3 * at + 3]
        rows, weights = artifacts[2 * at : 2 * at + 2]
        told = ((bring, rows, True), (train, rows, False), (train, weights, True), (push, weights, False))
        for execution, artifact, gave in told:
            kind = mlmd.Event.OUTPUT if gave else mlmd.Event.INPUT
            events.append(mlmd.Event(execution_id=execution, artifact_id=artifact, type=kind))
        links += [mlmd.Association(context_id=contexts[at], execution_id=one) for one in (bring, train, push)]
    store.put_events(events)
    store.put_attributions_and_associations([], links)
    return root / "metadata.sqlite"
