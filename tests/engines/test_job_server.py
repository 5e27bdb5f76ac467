"""A job server that cannot be started is one sentence; one that runs knows what it is told, and ends when it shall."""

from __future__ import annotations

import os
import signal
import socket
import zipfile
from pathlib import Path

import pytest

from graduate.errors import UserError
from graduate.pipeline.engines import known
from graduate.pipeline.engines.job_server import KINDS, JobServer
from graduate.pipeline.engines.running import running
from tests.engines.conftest import job_server_jar

_FLINK = KINDS["FlinkRunner"]
_KINDS = {kind.name: kind for kind in KINDS.values()}


def test_no_java():
    with pytest.raises(UserError, match=r"needs Java 11 to 21, and there is none \(no-such-java is not found\)"):
        JobServer(_FLINK, {"job_server_java_launcher": "no-such-java"})


@pytest.mark.parametrize("version", ["1.8.0_402", "25.0.1"])
def test_a_java_that_it_does_not_run_on(tmp_path, version):
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(UserError, match=rf"is Java {8 if version[0] == '1' else 25}\b") as caught:
        JobServer(_FLINK, {"job_server_java_launcher": str(java)})
    assert "JAVA_HOME" in str(caught.value.hint)


def test_a_newer_java_of_this_machine(monkeypatch):
    found = sorted(Path("/usr/lib/jvm").glob("*25*/bin/java"))
    if not found:
        pytest.skip("there is no Java 25 here")
    monkeypatch.setenv("JAVA_HOME", str(found[0].parent.parent))
    with pytest.raises(UserError, match=r"is Java 25\b"):
        JobServer(_FLINK, {})


def test_a_jar_that_is_not_there(tmp_path):
    job_server_jar("flink")
    with pytest.raises(UserError, match=r"beam.options.flink_job_server_jar: .*none.jar is not there") as caught:
        JobServer(_FLINK, {"flink_job_server_jar": str(tmp_path / "none.jar")})
    assert caught.value.hint == "`make flink` makes one"


def test_a_jar_that_is_none(tmp_path):
    job_server_jar("flink")
    jar = tmp_path / "empty.jar"
    with zipfile.ZipFile(jar, "w") as opened:
        opened.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n")
    with pytest.raises(UserError, match="ended at once: no main manifest attribute"):
        JobServer(_FLINK, {"flink_job_server_jar": str(jar)})


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ("--flink_master=localhost:{}", "beam.options.flink_master"),
        ("--job_endpoint=localhost:{}", "beam.options.job_endpoint"),
    ],
)
def test_an_address_at_which_nothing_listens(argument, key):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))  # and does not listen
        port = taken.getsockname()[1]
        args = ["--runner=FlinkRunner", "--environment_type=LOOPBACK", argument.format(port)]
        with running(args), pytest.raises(UserError, match=rf"{key}: .* at localhost:{port} does not answer"):
            _executor()._make_beam_pipeline()


def _executor():
    from tfx.dsl.components.base import base_beam_executor

    class Executor(base_beam_executor.BaseBeamExecutor):
        def Do(self, inputs, outputs, properties):
            raise NotImplementedError

    return Executor()


def test_it_knows_the_options_that_we_say_it_knows(engine):
    import grpc
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

    server = JobServer(_KINDS[engine], {})
    try:
        with grpc.insecure_channel(server.endpoint) as channel:
            stub = beam_job_api_pb2_grpc.JobServiceStub(channel)
            answer = stub.DescribePipelineOptions(beam_job_api_pb2.DescribePipelineOptionsRequest(), timeout=60)
    finally:
        server.close()
    told = {option.name for option in answer.options}
    assert known.BY_RUNNER[engine] <= told
    own = {option.name for option in answer.options if engine.title() in option.group.rpartition(".")[2]}
    assert own <= known.BY_RUNNER[engine] | set(PipelineOptions([]).get_all_options()) | {
        "test_mode",
        "use_active_spark_session",
    }


def test_it_ends_when_it_is_closed(engine):
    server = JobServer(_KINDS[engine], {})
    pid, folder = server._process.pid, Path(server._folder)
    assert folder.is_dir()
    server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not folder.exists()


def test_one_that_is_killed_tells_that_it_died(engine):
    server = JobServer(_KINDS[engine], {})
    assert server.died() is None
    server._process.send_signal(signal.SIGKILL)
    server._process.wait()
    assert server.died() is not None
    server.close()
