"""A server that goes away while a run is followed, and somebody who stops watching."""

import json
import signal
import subprocess
import sys
import time

from tests.deploy_api.running import QUICK, environment, start

GET = "run_service_get_run"


def test_a_server_that_is_away_for_a_while_is_waited_for(server, deploy, spec):
    faults = [{"operation": GET, "how": "answer", "status": 502, "after": 3}, {"operation": GET, "how": "drop"}]
    server.steer(faults=faults)
    done = deploy(spec, "--host", server.host, "--wait", *QUICK)
    assert done.code == 0, done.err
    assert done.err.count("the run goes on, and it is asked again") >= 1
    assert done.err.count("answers again") >= 1


def test_a_server_that_stays_away_is_given_up_and_the_run_is_not(server, deploy, spec):
    server.steer(faults=[{"operation": GET, "how": "answer", "status": 503, "after": 3, "times": 9999}])
    done = deploy(spec, "--host", server.host, "--wait", "--json", *QUICK, "--patience", "0.5")
    assert (done.code, done.json["status"]) == (1, "running")
    assert "the run goes on; to follow it again: graduate deploy --follow" in done.err


def test_ctrl_c_ends_the_watching_alone(server, spec, deploy, tmp_path):
    server.steer(hold="Trainer")
    process = following(server, spec, tmp_path)
    read_until(process, "Preflight           ran")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    told = json.loads(out.splitlines()[-1])
    assert told["status"] == "running"
    assert f"--follow {told['run_id']} --host {server.host}" in err
    assert f"to end it: graduate deploy --terminate {told['run_id']}" in err
    assert "run_service_terminate_run" not in {one["operation"] for one in server.seen()}
    server.steer(hold=None)
    again = deploy("--follow", told["run_id"], "--host", server.host, "--json", *QUICK)
    assert (again.code, again.json["status"]) == (0, "pushed")


def test_ctrl_c_before_there_is_a_run(server, spec, deploy, tmp_path):
    server.steer(faults=[{"operation": "upload_pipeline_version", "how": "hang", "seconds": 30}])
    process = following(server, spec, tmp_path)
    read_until(process, "contacting")
    while "upload_pipeline_version" not in {one["operation"] for one in server.seen()}:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert "the same command takes up what is on the server" in err
    again = deploy(spec, "--host", server.host, "--json")
    assert (again.code, again.json["uploaded"]) == (0, True)


def test_a_server_that_is_started_again_is_found_again(server, spec, tmp_path):
    """The process behind the port is another one: it does not know the run, and says so."""
    server.steer(hold="Trainer")
    process = following(server, spec, tmp_path)
    read_until(process, "Preflight           ran")
    server.end()
    read_until(process, "nobody answers there; the run goes on")
    other = start(server.port)
    try:
        _, err = process.communicate(timeout=60)
    finally:
        other.end()
    assert process.returncode == 1
    assert "not found" in err


def following(server, spec, tmp_path):
    words = [sys.executable, "-m", "graduate.pipeline.cli", "deploy", spec, "--host", server.host, "--wait", "--json"]
    return subprocess.Popen(
        [*words, *QUICK], env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def read_until(process, text, seconds=60):
    end = time.monotonic() + seconds
    for line in process.stderr:
        if text in line:
            return
        assert time.monotonic() < end, f"{text!r} was not said"
    raise AssertionError(f"{text!r} was not said")
