"""Runs that somebody's own pipeline left on Kubeflow: no component of TFX's or Graduate's in it."""

from __future__ import annotations

import pytest

from graduate.pipeline.lineage import walk
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.cluster import CACHED, FAILED, ROOT, Cluster

RUN = "0f6e2a9c-6d0b-4b52-9f3e-1c2d3e4f5a6b"


@pytest.fixture
def cluster(tmp_path):
    return Cluster.at(tmp_path / "metadata.sqlite")


@pytest.fixture
def read(tmp_path):
    """Opens the store for reading; called once everything is written."""
    opened = []

    def opening() -> Records:
        opened.append(Records(open_store(str(tmp_path / "metadata.sqlite"))))
        return opened[-1]

    yield opening
    for records in opened:
        records.store.close()


def _train(cluster: Cluster, run, parent: int = 0, **inputs) -> tuple[int, dict[str, list[int]]]:
    """A task that gives a model and its metrics."""
    made = cluster.container(run, "train-model", parent=parent, inputs=inputs, display="Train the model")
    metrics = {"accuracy": 0.91, "epochs": 3, "note": "fine"}
    outputs = {
        "model": [cluster.artifact("system.Model", f"{ROOT}/{made}/model", "model", {"framework": "torch"})],
        "metrics": [cluster.artifact("system.Metrics", f"{ROOT}/{made}/metrics", "metrics", metrics)],
    }
    return made, cluster.publish(run, made, outputs)


def test_a_run_is_told_with_its_metrics_and_its_parameters(cluster, read):
    run = cluster.run("fraud", RUN, {"rate": 0.5, "epochs": 3.0, "layers": [8.0, 4.0]})
    dataset = cluster.importer(run, "importer", cluster.imported("system.Dataset", "s3://data/fraud.csv"))
    _, outputs = _train(cluster, run, rate=0.5, epochs=3.0, layers=[8.0, 4.0], debug=False)
    records = read()
    (told,) = records.runs()
    assert (told.id, told.pipeline, told.status) == (RUN, "fraud", "complete")
    assert told.metrics == {"accuracy": 0.91, "epochs": 3}
    assert told.facts["parameters"] == {"rate": 0.5, "epochs": 3, "layers": [8, 4]}
    assert told.ended is not None
    nodes = {one.node: one for one in records.executions_of(told)}
    assert {name: one.state for name, one in nodes.items()} == {"importer": "ran", "train-model": "ran"}
    assert nodes["train-model"].parameters == {"rate": 0.5, "epochs": 3, "layers": [8, 4], "debug": False}
    assert isinstance(nodes["train-model"].parameters["epochs"], int)
    (model,) = records.artifacts(kinds=["Model"])
    assert (model.id, model.type, model.present) == (outputs["model"][0], "system.Model", None)
    assert records.artifacts(ids=[dataset])[0].kind == "Dataset"


def test_a_condition_that_refuses_leaves_what_it_guards_skipped(cluster, read):
    run = cluster.run("fraud", RUN)
    _train(cluster, run)
    cluster.dag(run, "condition-1", tasks=1, triggers=False)
    cluster.container(run, "deploy", triggers=False)
    records = read()
    (told,) = records.runs()
    assert told.status == "complete"
    assert [(one.node, one.state) for one in records.executions_of(told)] == [
        ("train-model", "ran"),
        ("deploy", "skipped"),
    ]


def test_a_loop_has_a_node_for_every_turn_and_none_for_its_brackets(cluster, read):
    run = cluster.run("sweep", RUN)
    loop = cluster.dag(run, "for-loop-1", tasks=1, iterations=2)
    for turn in range(2):
        one = cluster.dag(run, "for-loop-1", parent=loop, tasks=1, iteration=turn)
        _train(cluster, run, parent=one, rate=0.1 * turn)
        cluster.finish(one)
    cluster.finish(loop)
    records = read()
    (told,) = records.runs()
    assert told.status == "complete"
    assert [one.parameters["rate"] for one in records.executions_of(told)] == [0, 0.1]


@pytest.mark.parametrize(("started", "status"), [(0, "running"), (1, "running"), (2, "complete")])
def test_a_run_goes_on_while_a_sub_dag_waits_for_tasks(cluster, read, started, status):
    run = cluster.run("fraud", RUN)
    cluster.publish(run, cluster.container(run, "load"))
    inner = cluster.dag(run, "inner", tasks=2)
    for at in range(started):
        cluster.publish(run, cluster.container(run, f"step-{at}", parent=inner))
    (told,) = read().runs()
    assert told.status == status
    assert (told.ended is None) == (status == "running")


def test_a_task_that_failed_fails_the_run_though_another_was_killed(cluster, read):
    run = cluster.run("fraud", RUN)
    cluster.container(run, "killed")
    failed = cluster.container(run, "train")
    cluster.publish(run, failed, state=FAILED)
    (told,) = read().runs()
    assert told.status == "failed"
    assert told.ended is not None


def test_a_task_under_way_is_running(cluster, read):
    cluster.container(cluster.run("fraud", RUN), "train")
    (told,) = read().runs()
    assert (told.status, told.ended) == ("running", None)


def test_a_walk_passes_by_what_was_cached_and_crosses_runs(cluster, read):
    first = cluster.run("fraud", RUN)
    dataset = cluster.importer(first, "importer", cluster.imported("system.Dataset", "s3://data/fraud.csv"))
    made = cluster.container(first, "train-model", artifacts={"dataset": [dataset]})
    outputs = {"model": [cluster.artifact("system.Model", f"{ROOT}/model", "model")]}
    (model,) = cluster.publish(first, made, outputs)["model"]
    again = cluster.run("fraud", "7c1d1f5e-1111-4222-8333-944455556666")
    found = cluster.container(again, "train-model", artifacts={"dataset": [dataset]}, cached=made)
    kept = cluster.store.get_artifacts_by_id([model])
    cluster.publish(again, found, {"model": kept}, state=CACHED)
    served = cluster.container(again, "deploy", artifacts={"model": [model]})
    cluster.publish(again, served)
    records = read()
    graph = walk.around(records, artifacts=[dataset])
    assert set(graph.artifacts) == {dataset, model}
    assert {one.node for one in graph.executions.values()} == {"importer", "train-model", "deploy"}
    assert graph.cached == {made: [again.id]}


def test_lists_and_dicts_come_out_of_their_wrapping(cluster, read):
    run = cluster.run("fraud", RUN)
    told = {"labels": ["a", "b"], "shape": {"rows": 3.0}, "good": True, "size": 4, "display": "x"}
    made = cluster.container(run, "load")
    cluster.publish(run, made, {"data": [cluster.artifact("system.Dataset", f"{ROOT}/data", "data", told)]})
    (found,) = read().artifacts()
    assert found.properties == {"labels": ["a", "b"], "shape": {"rows": 3}, "good": 1, "size": 4, "display": "x"}


def test_a_display_name_gives_a_task_its_capitals_and_nothing_else(cluster, read):
    run = cluster.run("fraud", RUN)
    for task, shown in (("gradient-diagnostics", "GradientDiagnostics"), ("train", "Train it"), ("load", "")):
        cluster.container(run, task, display=shown)
    records = read()
    assert [one.node for one in records.executions_of(records.runs()[0])] == ["GradientDiagnostics", "train", "load"]


def test_one_parameter_can_be_asked_for(cluster, read):
    run = cluster.run("fraud", RUN)
    made = cluster.container(run, "train", inputs={"rate": 0.5, "obeys": "x" * 5000})
    (found,) = read().executions([made], only=("rate",))
    assert found.parameters == {"rate": 0.5}
    (found,) = read().executions([made], only=())
    assert (found.node, found.parameters) == ("train", {})


def test_one_of_graduates_runs_is_under_way_until_it_pushed_or_refused(cluster, read):
    run = cluster.run("digits", RUN, {"graduate_name": "digits", "graduate_config": '{"training": {"steps": 9}}'})
    made = cluster.container(run, "ExampleGen")
    cluster.publish(run, made, {"examples": [cluster.artifact("tfx.Examples", f"{ROOT}/examples", "examples")]})
    records = read()
    assert records.runs()[0].status == "running"
    assert records.run(RUN).config == {"training": {"steps": 9}}
    verdict = cluster.artifact(
        "graduate.Verdict", f"{ROOT}/verdict", "verdict", {"source": "DataGuard", "passed": 0, "reasons": "[]"}
    )
    cluster.publish(run, cluster.container(run, "DataGuard"), {"verdict": [verdict]})
    assert records.runs()[0].status == "data_refused"
