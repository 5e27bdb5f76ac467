"""What a node computes by a real engine: right, its errors as the direct runner's are, and the engine's own told."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from graduate.errors import DataError, UserError
from graduate.pipeline.engines import DIRECT, running
from graduate.pipeline.engines.told import explained
from graduate.pipeline.supervise import causes

_RUNNERS = {"flink": "FlinkRunner", "spark": "SparkRunner"}


def _args(engine: str) -> list[str]:
    return [f"--runner={_RUNNERS[engine]}", "--environment_type=LOOPBACK", "--sdk_container_image=local"]


def _executor():
    """A node's executor, made as TFX makes it: with the arguments of the direct runner."""
    from graduate.components.evaluator import EvaluatorExecutor

    return EvaluatorExecutor(EvaluatorExecutor.Context(beam_pipeline_args=list(DIRECT)))


def test_a_node_is_computed_by_the_engine_and_a_second_by_the_same_server(engine, tmp_path):
    import apache_beam as beam

    with running(_args(engine)):
        for turn in ("first", "second"):
            with _executor()._make_beam_pipeline() as pipeline:
                assert type(pipeline.runner).__name__ == _RUNNERS[engine]
                _ = (
                    pipeline
                    | beam.Create([("a", 1), ("b", 2), ("a", 3)])
                    | beam.CombinePerKey(sum)
                    | beam.Map(lambda pair, turn=turn: (tmp_path / f"{turn}-{pair[0]}").write_text(str(pair[1])))
                )
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "first-a": "4", "first-b": "2", "second-a": "4", "second-b": "2",
    }  # fmt: skip
    with _executor()._make_beam_pipeline() as pipeline:  # the block is over
        assert type(pipeline.runner).__name__ == "BundleBasedDirectRunner"


def _refuse(row):
    raise DataError(f"row {row} is no good", hint="take it away")


def test_an_error_of_a_node_is_told_as_the_direct_runner_tells_it(engine):
    import apache_beam as beam

    with (
        running(_args(engine)),
        pytest.raises(RuntimeError) as caught,
        _executor()._make_beam_pipeline() as pipeline,
    ):
        _ = pipeline | beam.Create([3]) | beam.Map(_refuse)
    found = causes.cause(caught.value).user_error
    assert isinstance(found, DataError)
    assert (found.message, found.hint) == ("row 3 is no good", "take it away")


def _kill_java(row):
    """From within a bundle: the process that asked for it ends."""
    import subprocess

    children = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True
    )
    for line in children.stdout.splitlines():
        pid, name = line.split(None, 1)
        if name.strip() == "java":
            threading.Timer(0.2, os.kill, (int(pid), signal.SIGKILL)).start()
    threading.Event().wait(3)
    return row


def test_a_job_server_that_dies_under_a_pipeline_is_told(engine):
    import apache_beam as beam

    with (
        running(_args(engine)),
        pytest.raises(UserError, match="Beam's job server"),
        _executor()._make_beam_pipeline() as pipeline,
    ):
        _ = pipeline | beam.Create([1]) | beam.Map(_kill_java)


@pytest.mark.parametrize(
    ("said", "sentence", "hint"),
    [
        (
            "Pipeline BeamApp-1 failed in state FAILED: org.apache.flink.runtime.JobException: Recovery is suppressed\n"
            "Could not acquire the minimum required resources.",
            "the engine failed: JobException: Recovery is suppressed",
            "task slots",
        ),
        ("Pipeline J failed in state FAILED: java.lang.OutOfMemoryError: Java heap", "OutOfMemoryError: Java", "-Xmx"),
        ("Pipeline J failed in state CANCELLED: ", "was cancelled", ""),
        ("Pipeline J failed in state FAILED: ", "it does not say why", "log"),
    ],
)  # fmt: skip
def test_what_an_engine_says_becomes_a_sentence(said, sentence, hint):
    told = explained(RuntimeError(said), None)
    assert told is not None
    assert sentence in told.message
    assert hint in (told.hint or "")


def test_what_is_no_engines_error_is_left_alone():
    assert explained(RuntimeError("something else"), None) is None
