"""`graduate run` as a user starts it, with a worker that plays a part: what is said, what is left, how it ends."""

import json
import os
import signal
import subprocess

import pytest

from graduate.pipeline import record
from graduate.pipeline.workspace import Workspace

from .conftest import alive, gone

RUN = ("run", "tiny.yaml")


def last_json(text: str) -> dict:
    return json.loads(text.splitlines()[-1])


def records(graduate) -> list[record.RunRecord]:
    store = record.open_store(Workspace.at(graduate.folder / ".graduate"))
    assert store is not None
    return record.runs(store)


def pids(line: str) -> list[int]:
    return [int(word) for word in line.split() if word.isdigit()]


def test_a_run_ends_with_a_summary_on_stdout_and_what_happened_on_stderr(graduate):
    done = graduate.run("pushed", *RUN)
    assert done.returncode == 0
    assert "pushed" in done.stdout
    assert "graduate predict tiny:serving images/dark/" in done.stdout
    assert "Trainer             step 50/100" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_the_json_is_the_last_line_and_the_only_one(graduate):
    done = graduate.run("pushed", *RUN, "--json")
    result = json.loads(done.stdout)
    assert result["status"] == "pushed"
    assert [node["state"] for node in result["nodes"]] == ["ran", "ran"]
    assert result["metrics"] == {"accuracy": 0.97}
    assert result["error"] is None
    assert os.path.isfile(result["log"])


@pytest.mark.parametrize(("scenario", "code", "status"), [("refused", 3, "refused"), ("data error", 5, "data_refused")])
def test_the_exit_code_follows_from_the_status(graduate, scenario, code, status):
    done = graduate.run(scenario, *RUN, "--json")
    assert (done.returncode, last_json(done.stdout)["status"]) == (code, status)
    assert records(graduate)[0].status == status


def test_an_error_of_the_users_is_three_lines(graduate):
    done = graduate.run("data error", *RUN)
    said = done.stderr.splitlines()[1:]  # ExampleGen's line
    assert said == [
        "error: cats: cats/broken.png is not an image",
        "",
        "hint: remove it, or set data.bad_rows: skip",
    ]


def test_an_exception_names_node_command_log_and_cause_in_this_order(graduate):
    done = graduate.run("user error", *RUN, "--set", "training.steps=20")
    failed, log, cause = done.stderr.splitlines()[-3:]
    assert failed == "Trainer failed. To go on from there: graduate run tiny.yaml --set training.steps=20"
    assert log.startswith("full log: .graduate/logs/tiny/tiny-")
    assert cause == "error: ValueError: filters must be positive"
    assert done.returncode == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("crash", "was killed by SIGSEGV"),
        ("killed", "was killed by SIGKILL"),
        ("exit", "ended with status 9"),
        ("silent", "ended with status 0 and without a result"),
    ],
)
def test_a_worker_that_dies_by_itself_is_a_failure_of_the_node_in_progress(graduate, scenario, said):
    done = graduate.run(scenario, *RUN, "--json")
    assert said in " ".join(done.stderr.split())
    assert "Trainer failed. " in done.stderr
    result = last_json(done.stdout)
    assert (result["status"], result["error"]["node"], done.returncode) == ("failed", "Trainer", 1)
    assert records(graduate)[0].status == "failed"


def test_a_crash_leaves_its_traceback_in_the_log(graduate):
    result = last_json(graduate.run("crash", *RUN, "--json").stdout)
    with open(result["log"]) as log:
        assert "in crash" in log.read()


def test_megabytes_of_output_go_to_the_log_and_garbage_in_the_events_is_passed_over(graduate):
    done = graduate.run("noisy", *RUN, "--json")
    result = last_json(done.stdout)
    assert result["status"] == "pushed"
    assert os.path.getsize(result["log"]) == 300 * (16384 + 1024)
    assert len(done.stderr) < 2000


def test_with_debug_the_log_is_on_the_screen_too(graduate):
    done = graduate.run("noisy", *RUN, "--debug")
    assert done.stderr.count("x") > 300 * 16000
    assert "pushed" in done.stdout


def test_a_worker_that_closes_its_events_early_is_waited_for(graduate):
    assert graduate.run("close events", *RUN).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_with_one_line_that_says_how_to_go_on(graduate, number):
    process = graduate.start("hang", *RUN, "--json")
    (worker,) = pids(graduate.until(process, "pid"))
    process.send_signal(number)
    out, err = process.communicate()
    assert err == "interrupted: the same command goes on from there: graduate run tiny.yaml\n"
    assert process.returncode == 130
    assert last_json(out)["status"] == "interrupted"
    assert not alive(worker)
    assert records(graduate)[0].status == "interrupted"


def test_a_worker_that_does_not_listen_is_killed(graduate):
    process = graduate.start("stubborn", *RUN)
    (worker,) = pids(graduate.until(process, "pid"))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert not alive(worker)


def test_a_signal_that_was_ignored_at_the_start_stays_ignored(graduate):
    process = graduate.start("hang", *RUN, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    graduate.until(process, "pid")
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.3)


@pytest.mark.parametrize("scenario", ["family", "leave family"])
def test_nothing_that_a_worker_started_outlives_a_run_that_ends(graduate, scenario):
    process = graduate.start(scenario, *RUN)
    family = pids(graduate.until(process, "pids"))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert not any(alive(pid) for pid in family)


def test_nothing_outlives_a_command_that_is_killed_not_even_what_hides_in_its_own_session(graduate):
    process = graduate.start("family", *RUN)
    family = pids(graduate.until(process, "pids"))
    assert len(family) == 4
    assert all(alive(pid) for pid in family)
    process.kill()
    assert gone(family)


def test_a_killed_run_is_not_running_for_ever_and_holds_no_lock(graduate):
    process = graduate.start("hang", *RUN)
    graduate.until(process, "pid")
    process.kill()
    process.wait()
    done = graduate.run("pushed", *RUN, "--no-wait", "--no-cache")
    assert done.returncode == 0
    assert "was interrupted" in done.stderr
    assert [run.status for run in records(graduate)] == ["pushed", "interrupted"]


def test_a_second_run_waits_says_who_holds_the_folder_and_then_has_nothing_to_do(graduate):
    first = graduate.start("wait for a file", *RUN)
    graduate.until(first, "pid")
    second = graduate.start("pushed", *RUN, "--json")
    waiting = graduate.until(second, "waiting")
    assert f"process {first.pid} (since " in waiting
    assert "graduate run tiny.yaml" in waiting
    (graduate.folder / "go on").touch()
    assert first.wait() == 0
    result = last_json(second.communicate()[0])
    assert result["unchanged"]
    assert result["run_id"] == records(graduate)[0].run_id
    assert len(records(graduate)) == 1


def test_a_second_run_that_may_not_wait_is_told_who_holds_the_folder(graduate):
    first = graduate.start("hang", *RUN)
    graduate.until(first, "pid")
    done = graduate.run("pushed", *RUN, "--no-wait")
    assert done.returncode == 2
    assert f"is in use by process {first.pid}" in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_ctrl_c_while_waiting_ends_the_second_run_alone(graduate):
    first = graduate.start("hang", *RUN)
    graduate.until(first, "pid")
    second = graduate.start("pushed", *RUN)
    graduate.until(second, "waiting")
    second.send_signal(signal.SIGINT)
    second.communicate()
    assert second.returncode == 130
    assert first.poll() is None


def test_a_run_goes_on_when_nobody_reads_what_it_says(graduate):
    reading, writing = os.pipe()
    process = graduate.start("pushed", *RUN, "--json", stderr=writing)
    os.close(writing)
    os.close(reading)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert last_json(out)["status"] == "pushed"


def test_nothing_changed_repeats_the_earlier_answer_refusals_included(graduate):
    first = last_json(graduate.run("refused", *RUN, "--json").stdout)
    again = graduate.run("crash", *RUN, "--json")  # no worker is started
    result = last_json(again.stdout)
    assert again.returncode == 3
    assert (result["run_id"], result["status"], result["unchanged"]) == (first["run_id"], "refused", True)
    assert {node["state"] for node in result["nodes"]} == {"cached"}


def test_a_command_with_nothing_to_do_closes_the_record_of_a_run_that_was_killed(graduate):
    graduate.run("pushed", *RUN)
    process = graduate.start("hang", *RUN, "--no-cache")
    graduate.until(process, "pid")
    process.kill()
    process.wait()
    while records(graduate)[0].status == "running":  # until its processes are dead and the lock is free
        assert graduate.run("crash", *RUN).returncode == 0
    assert records(graduate)[0].status == "interrupted"


def test_an_unknown_node_is_said_with_the_nearest_one(graduate):
    done = graduate.run("pushed", *RUN, "--until", "Transfrom")
    assert done.returncode == 2
    assert "hint: did you mean Transform?" in done.stderr
    assert not (graduate.folder / ".graduate" / "metadata.sqlite").exists()


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_data_that_is_not_there_is_refused_before_a_worker_is_started(graduate, words):
    done = graduate.run("pushed", *RUN, "--set", "data.images=nowhere", *words)
    assert done.returncode == 5
    assert "nowhere" in done.stderr
    assert len(done.stderr.splitlines()) <= 3
    if words:
        result = last_json(done.stdout)
        assert (result["status"], result["run_id"]) == ("data_refused", None)
        assert "nowhere" in result["error"]["message"] + (result["error"]["where"] or "")


def test_a_work_folder_that_cannot_be_made_is_three_lines(graduate):
    done = graduate.run("pushed", *RUN, "--workdir", "tiny.yaml/inside")
    assert done.returncode == 1
    assert "the work folder cannot be written" in done.stderr
    assert "--workdir" in done.stderr
    assert len(done.stderr.splitlines()) == 3


def test_a_log_folder_that_cannot_be_made_is_three_lines(graduate):
    work = graduate.folder / ".graduate"
    work.mkdir()
    (work / "logs").write_text("in the way")
    done = graduate.run("pushed", *RUN)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.parametrize("what", ["header", "page"])
def test_a_damaged_store_is_said_with_the_remedy(graduate, what):
    graduate.run("pushed", *RUN)
    store = graduate.folder / ".graduate" / "metadata.sqlite"
    content = bytearray(store.read_bytes())
    start = 0 if what == "header" else 4096
    content[start : start + 8192] = b"\xa5" * 8192
    store.write_bytes(content)
    done = graduate.run("pushed", *RUN, "--json")
    assert done.returncode == 1
    assert "metadata.sqlite" in done.stderr
    assert f"mv {store}" in done.stderr
    assert len(done.stderr.splitlines()) == 3
    assert last_json(done.stdout)["status"] == "failed"
    os.rename(store, f"{store}.damaged")
    assert graduate.run("pushed", *RUN).returncode == 0
