"""Nodes of a run, from what a server lists."""

import pytest

from graduate.pipeline.deploy import outcome, progress
from graduate.pipeline.deploy.progress import Node
from graduate.pipeline.deploy.spec import Spec, Task

SPEC = Spec(
    "small",
    "",
    (Task("ExampleGen"), Task("DataGuard"), Task("Trainer", ("DataGuard",)), Task("Pusher", ("DataGuard", "Gate"))),
    {},
)
START, END, NEVER = "2026-03-01T12:00:00Z", "2026-03-01T12:01:30.25Z", "0001-01-01T00:00:00Z"


def task(name, state, number=0, children=(), end=END, **more):
    return {
        "display_name": name,
        "state": state,
        "start_time": START,
        "end_time": end,
        "pod_name": f"small-abcde-system-container-impl-{number}",
        "child_tasks": [{"pod_name": f"small-abcde-{child}"} for child in children],
        **more,
    }


def seen(*tasks, state="RUNNING", **more):
    return progress.of({"state": state, "run_details": {"task_details": list(tasks)}, **more}, SPEC)


def node(name, *tasks, **run):
    return seen(*tasks, **run).nodes[name]


def test_a_run_of_which_nothing_is_told_yet_waits():
    found = progress.of({"state": "PENDING"}, SPEC)
    assert set(found.nodes.values()) == {Node()}
    assert (found.ended, found.told) == (False, False)


def test_a_driver_alone_is_a_node_that_runs():
    assert node("ExampleGen", task("ExampleGen-driver", "RUNNING", end=NEVER)).state == "running"


def test_a_driver_that_failed_is_a_node_that_failed():
    found = node("ExampleGen", task("ExampleGen-driver", "FAILED", error={"code": 3, "message": "no such image"}))
    assert (found.state, found.message) == ("failed", "no such image")


def test_the_time_is_that_of_the_bracket():
    assert node("ExampleGen", task("ExampleGen", "SUCCEEDED", 1, [2]), task("executor", "SUCCEEDED", 2)) == Node(
        "ran", 90.25
    )


def test_a_bracket_round_a_skipped_pod_is_from_the_cache():
    found = node("ExampleGen", task("ExampleGen", "SUCCEEDED", 1, [2]), task("executor", "SKIPPED", 2))
    assert found == Node("cached")


def test_each_node_has_its_own_pod():
    """Every pod is called `executor`: the cached one is not the other one."""
    tasks = [
        task("ExampleGen", "SUCCEEDED", 1, [2]),
        task("executor", "SKIPPED", 2),
        task("DataGuard", "SUCCEEDED", 3, [4]),
        task("executor", "SUCCEEDED", 4),
    ]
    found = seen(*tasks).nodes
    assert (found["ExampleGen"].state, found["DataGuard"].state) == ("cached", "ran")


@pytest.mark.parametrize(("pod", "pending"), [("PENDING", True), ("RUNNING", False)])
def test_a_pod_that_has_not_started_is_pending(pod, pending):
    found = node("ExampleGen", task("ExampleGen", "RUNNING", 1, [2], NEVER), task("executor", pod, 2, end=NEVER))
    assert (found.state, found.pending, found.seconds) == ("running", pending, 0.0)


def test_tries_within_their_own_bracket_are_counted():
    tasks = [
        task("ExampleGen", "RUNNING", 1, [2], NEVER),
        task("executor", "RUNNING", 2, [3, 4], NEVER),
        task("executor(0)", "FAILED", 3),
        task("executor(1)", "RUNNING", 4, end=NEVER),
    ]
    assert node("ExampleGen", *tasks).tries == 1


def test_what_a_refused_verdict_guards_is_skipped_as_soon_as_that_is_known():
    found = seen(task("condition-DataGuard", "SKIPPED"))
    assert found.refused == ("DataGuard",)
    assert found.nodes["Pusher"] == Node("skipped", reason="the verdict of DataGuard did not pass")
    assert found.nodes["ExampleGen"].state == "waiting"


def test_what_argo_omits_after_a_failure_was_not_reached():
    tasks = [
        task("condition-DataGuard", "FAILED"),
        task("Trainer", "FAILED"),
        task("Pusher", "RUNTIME_STATE_UNSPECIFIED"),
    ]
    found = seen(*tasks, state="FAILED")
    assert found.nodes["Pusher"] == Node("skipped", reason="not reached")
    assert outcome.of("r", found).status == "failed"


def test_a_server_that_lists_nodes_themselves_is_read_too():
    tasks = [
        {"name": "ExampleGen", "state": "CACHED"},
        {"name": "condition-DataGuard", "state": "SKIPPED"},
        {"name": "DataGuard", "status": "SUCCEEDED"},
    ]
    found = progress.of({"state": "SUCCEEDED", "tasks": tasks}, SPEC)
    assert [one.state for one in found.nodes.values()] == ["cached", "ran", "skipped", "skipped"]
    assert outcome.of("r", found).status == "data_refused"


def test_a_run_that_succeeded_without_a_word_of_its_tasks_is_not_called_pushed():
    found = progress.of({"state": "SUCCEEDED"}, SPEC)
    result = outcome.of("r", found)
    assert result.status == "failed"
    assert "tells nothing of its tasks" in outcome.failure(found, result)["message"]


@pytest.mark.parametrize(
    ("guard", "status"),
    [
        ("DataGuard", "data_refused"),
        ("Preflight", "sick"),
        ("Tuner", "sick"),
        ("GradientDiagnostics", "sick"),
        ("Gate", "refused"),
    ],
)
def test_the_guard_that_refused_decides_the_status(guard, status):
    spec = Spec("small", "", (Task("ExampleGen"), Task("Pusher", (guard,))), {})
    tasks = [task("ExampleGen", "SUCCEEDED"), task(f"condition-{guard}", "SKIPPED")]
    found = progress.of({"state": "SUCCEEDED", "run_details": {"task_details": tasks}}, spec)
    assert outcome.of("r", found).status == status


def test_the_runs_own_error_is_told_where_no_node_failed():
    history = [{"state": "RUNNING"}, {"state": "FAILED", "error": {"code": 13, "message": "quota exceeded"}}]
    found = progress.of({"state": "FAILED", "state_history": history}, SPEC)
    assert outcome.failure(found, outcome.of("r", found))["message"] == "quota exceeded"
