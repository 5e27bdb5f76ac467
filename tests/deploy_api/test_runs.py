"""Runs followed to their end: status, exit code and nodes as of a run on this machine."""

import pytest

from tests.deploy_api.running import QUICK

NODES = ["ExampleGen", "DataGuard", "Transform", "Preflight", "Trainer", "LastGraduate", "Gate", "Pusher"]


def states(done):
    return {node["node"]: node["state"] for node in done.json["nodes"]}


def test_a_run_is_followed_until_its_model_is_pushed(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK)
    assert done.code == 0, done.err
    assert done.json["status"] == "pushed"
    assert list(states(done)) == NODES
    assert set(states(done).values()) == {"ran"}
    assert all(node["seconds"] > 0 for node in done.json["nodes"])
    assert [verdict["passed"] for verdict in done.json["verdicts"]] == [True, True, True]
    assert done.json["page"] == f"{server.host}/#/runs/details/{done.json['run_id']}"
    assert done.json["version"].startswith("small-")
    assert done.json["error"] is None


def test_without_json_the_page_is_named_and_each_node_has_a_line(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--wait", *QUICK)
    assert done.code == 0
    assert "pushed: the model passed every check" in done.out
    assert f"page  {server.host}/#/runs/details/" in done.out
    for node in NODES:
        assert f"\n{node:<20}ran " in done.err


@pytest.mark.parametrize(
    ("outcome", "status", "code", "guard", "skipped"),
    [
        ("data_refused", "data_refused", 5, "DataGuard", NODES[2:]),
        ("sick", "sick", 4, "Preflight", NODES[4:]),
        ("refused", "refused", 3, "Gate", NODES[7:]),
    ],
)
def test_a_verdict_that_did_not_pass_is_the_status_and_the_exit_code(
    server, deploy, spec, outcome, status, code, guard, skipped
):
    server.steer(outcome=outcome)
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK)
    assert (done.code, done.json["status"]) == (code, status)
    assert [node for node, state in states(done).items() if state == "skipped"] == skipped
    reasons = {node["reason"] for node in done.json["nodes"] if node["state"] == "skipped"}
    assert reasons == {f"the verdict of {guard} did not pass"}
    assert [verdict["source"] for verdict in done.json["verdicts"] if not verdict["passed"]] == [guard]


def test_a_node_that_fails_fails_the_run_and_is_named(server, deploy, spec):
    server.steer(outcome="failed:Trainer")
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK)
    assert (done.code, done.json["status"]) == (1, "failed")
    assert done.json["error"]["node"] == "Trainer"
    assert states(done)["Trainer"] == "failed"
    assert states(done)["Pusher"] == "skipped"


def test_nodes_from_the_cache_are_told(server, deploy, spec):
    server.steer(outcome="cached")
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK)
    assert (done.code, done.json["status"]) == (0, "pushed")
    assert set(states(done).values()) == {"cached"}


def test_a_pod_that_is_tried_again_is_told(server, deploy, spec):
    server.steer(outcome="retried:Trainer")
    done = deploy(spec, "--host", server.host, "--wait", *QUICK)
    assert done.code == 0
    assert "Trainer             try 1 failed; it is tried again" in done.err


def test_without_wait_it_ends_with_the_command_that_follows(server, deploy, spec):
    done = deploy(spec, "--host", server.host)
    assert done.code == 0
    command = done.out.partition("next  graduate deploy ")[2].split()
    assert command[0] == "--follow"
    assert command[2:] == ["--host", server.host]
    followed = deploy(*command, *QUICK, "--json")
    assert (followed.code, followed.json["status"]) == (0, "pushed")
    assert list(states(followed)) == NODES


def test_what_was_submitted_as_json(server, deploy, spec):
    done = deploy(spec, "--host", server.host, "--json")
    assert (done.code, done.json["status"], done.json["nodes"]) == (0, "submitted", [])
    assert done.json["uploaded"] is True
    assert done.json["run_id"]


def test_a_run_is_terminated(server, deploy, spec):
    run_id = deploy(spec, "--host", server.host, "--json").json["run_id"]
    ended = deploy("--terminate", run_id, "--host", server.host)
    assert (ended.code, ended.out.splitlines()[0]) == (0, f"asked to end: {run_id}")
    followed = deploy("--follow", run_id, "--host", server.host, "--json", *QUICK)
    assert (followed.code, followed.json["status"]) == (130, "interrupted")
    assert followed.json["error"]["message"] == "the run was terminated on the cluster"


def test_a_run_that_is_not_there_is_named(server, deploy):
    done = deploy("--follow", "no-such-run", "--host", server.host)
    assert done.code == 1
    assert "no-such-run not found" in done.err
