"""Whole simulations of specs of shell containers: real processes, a real store."""

from __future__ import annotations

from tests.unit.simulate.specs import Spec, states

PATH = "{{$.outputs.artifacts['out'].path}}"
WRITE = 'mkdir -p "$1" && printf %s "$2" > "$1/text"'


def chain(text: str = "hello") -> Spec:
    """Two tasks, the second of which copies what the first wrote."""
    spec = Spec()
    spec.task("first", WRITE, PATH, text, outputs=["out"])
    given = "{{$.inputs.artifacts['given'].path}}"
    spec.task("second", 'cp -r "$2" "$1"', PATH, given, artifacts={"given": "first.out"}, outputs=["out"])
    return spec


def test_what_one_task_gives_the_next_one_takes(simulate):
    outcome = simulate(chain())
    assert (outcome.result.status, outcome.exit_code) == ("stopped", 0)
    assert states(outcome) == {"first": "ran", "second": "ran"}
    (copied,) = simulate.objects(f"minio/mlpipeline/v2/artifacts/small/{outcome.result.run_id}/second/*/out/text")
    assert copied.read_text() == "hello"


def test_a_pod_sees_a_copy_and_only_files_reach_the_bucket(simulate):
    spec = Spec()
    spec.task("first", 'mkdir -p "$1/empty" && echo kept > "$1/file"', PATH, outputs=["out"])
    given = "{{$.inputs.artifacts['given'].path}}"
    spec.task("second", 'ls "$1"; rm "$1/file"', given, artifacts={"given": "first.out"})
    outcome = simulate(spec)
    assert simulate.log(outcome, "second") == "file\n"
    (kept,) = simulate.objects("minio/**/first/*/out/*")
    assert kept.read_text() == "kept\n"


def test_a_root_of_this_machine_is_used_in_place(simulate, tmp_path):
    spec = chain()
    spec.root = str(tmp_path / "root")
    outcome = simulate(spec)
    assert outcome.result.status == "stopped"
    (copied,) = (tmp_path / "root/small" / outcome.result.run_id / "second").glob("*/out/text")
    assert copied.read_text() == "hello"


def test_an_equal_task_is_taken_from_the_cache_with_what_it_gave(simulate):
    first = simulate(chain())
    again = simulate(chain())
    assert states(again) == {"first": "cached", "second": "cached"}
    assert {node.reason for node in again.result.nodes} == {f"from {first.result.run_id}"}
    made, hit = simulate.executions("second")
    assert (made["state"], hit["state"]) == ("COMPLETE", "CACHED")
    assert hit["properties"]["cached_execution_id"] == str(made["id"])
    assert hit["properties"]["cache_fingerprint"] == made["properties"]["cache_fingerprint"]


def test_other_arguments_and_what_comes_after_them_run_again(simulate):
    simulate(chain())
    assert states(simulate(chain("other"))) == {"first": "ran", "second": "ran"}


def test_no_cache_runs_everything_again(simulate):
    simulate(chain())
    assert states(simulate(chain(), cache=False)) == {"first": "ran", "second": "ran"}


def test_a_task_that_may_not_be_cached_has_no_fingerprint(simulate):
    spec = Spec()
    spec.task("once", "date", cachingOptions={})
    simulate(spec)
    assert states(simulate(spec)) == {"once": "ran"}
    assert all("cache_fingerprint" not in one["properties"] for one in simulate.executions("once"))


def test_tasks_that_do_not_wait_for_each_other_run_at_the_same_time(simulate, tmp_path):
    """Each waits for the file that the other makes."""
    spec = Spec()
    meet = 'touch "$1"; for i in $(seq 600); do [ -e "$2" ] && exit 0; sleep 0.05; done; exit 1'
    spec.task("one", meet, str(tmp_path / "a"), str(tmp_path / "b"))
    spec.task("two", meet, str(tmp_path / "b"), str(tmp_path / "a"))
    assert states(simulate(spec, parallel=2)) == {"one": "ran", "two": "ran"}


def test_no_more_containers_at_a_time_than_asked(simulate, tmp_path):
    spec = Spec()
    for name in ("a", "b", "c"):
        spec.task(name, 'mkdir "$1" || exit 1; sleep 0.1; rmdir "$1"', str(tmp_path / "held"))
    assert set(states(simulate(spec, parallel=1)).values()) == {"ran"}


def test_a_failure_is_told_with_its_log_and_nothing_new_starts(simulate):
    spec = Spec()
    spec.task("breaks", "echo before; echo why it broke >&2; exit 3")
    spec.task("after", "true", dependentTasks=["breaks"])
    outcome = simulate(spec)
    assert (outcome.result.status, outcome.exit_code) == ("failed", 1)
    assert states(outcome) == {"breaks": "failed"}
    assert outcome.error["node"] == "breaks"
    assert outcome.error["message"] == "the container ended with status 3"
    assert outcome.error["said"] == ["before", "why it broke"]
    assert outcome.log.read_text() == "before\nwhy it broke\n"
    assert [one["state"] for one in simulate.executions("breaks")] == ["FAILED"]
    assert simulate.executions("after") == []


def test_the_pod_of_a_failed_task_stays_to_be_looked_at(simulate, tmp_path):
    spec = Spec()
    spec.task("fine", "true")
    spec.task("breaks", "touch left; exit 1", dependentTasks=["fine"])
    outcome = simulate(spec)
    pods = tmp_path / "work/pods" / outcome.result.run_id
    assert [pod.name for pod in pods.iterdir()] == ["02-breaks"]
    assert (pods / "02-breaks/work/left").exists()


def test_a_command_that_is_not_there_is_told(simulate):
    spec = Spec()
    spec.task("nothing", "true")
    spec.executors["exec-nothing"]["container"]["command"] = ["no-such-program"]
    outcome = simulate(spec)
    assert outcome.error["message"] == "the container ended with status 127: no such program"


def test_a_task_is_tried_again_as_often_as_it_may(simulate, tmp_path):
    spec = Spec()
    third = 'echo x >> "$1"; [ $(wc -l < "$1") -ge 3 ]'
    spec.task("third", third, str(tmp_path / "tries"), retryPolicy={"maxRetryCount": 2})
    outcome = simulate(spec)
    assert outcome.result.status == "stopped"
    (execution,) = simulate.executions("third")
    assert execution["state"] == "COMPLETE"
    notes = [event["text"] for event in simulate.seen.events if event["event"] == "note"]
    assert len(notes) == 2
    assert "tried again (2 of 2)" in notes[1]
    spec.task("third", third, str(tmp_path / "other"), retryPolicy={"maxRetryCount": 1})
    assert simulate(spec).result.status == "failed"
    assert (tmp_path / "other").read_text() == "x\nx\n"


def test_an_output_that_is_not_there_is_allowed_and_a_parameter_is_not(simulate):
    spec = Spec()
    spec.task("artifact", "true", outputs=["out"])
    assert simulate(spec).result.status == "stopped"
    spec.task("parameter", "true", gives={"number": "NUMBER_INTEGER"})
    outcome = simulate(spec)
    assert outcome.error["node"] == "parameter"
    assert "failed to read output parameter 'number' of type NUMBER_INTEGER" in outcome.error["message"]


def test_what_a_killed_simulation_left_is_closed(simulate):
    simulate(chain())
    import sqlite3

    with sqlite3.connect(simulate.folder / "work/metadata.sqlite") as connection:
        connection.execute("UPDATE Execution SET last_known_state = 2 WHERE id = 3")
    simulate(chain())
    assert "was interrupted: its finished tasks are taken from the cache" in simulate.said[-1]
    assert simulate.executions("second")[0]["state"] == "FAILED"
