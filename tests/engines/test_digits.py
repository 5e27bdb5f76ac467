"""The digits pipeline on Flink and on Spark: pushed, and to the last value what the direct runner makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engines import same
from tests.engines.conftest import job_server_jar

pytestmark = pytest.mark.slow
_DIGITS = Path(__file__).parents[2] / "examples" / "digits.yaml"


def _run(workdir: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "graduate.pipeline.cli", "run", str(_DIGITS), "--workdir", str(workdir), "--json"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which the direct runner has run Transform."""
    workdir = tmp_path_factory.mktemp("direct")
    code, result = _run(workdir, "--until", "Transform")
    assert code == 0, result
    return workdir


def _assert_same(one: Path, other: Path) -> None:
    for node, output, compared in (
        ("ExampleGen", "examples", same.rows),
        ("StatisticsGen", "statistics", same.statistics),
        ("Transform", "transform_graph", same.vocabularies),
        ("Transform", "transform_graph", same.functions),
        ("Transform", "transformed_examples", same.rows),
        ("Transform", "post_transform_stats", same.statistics),
    ):
        ours, theirs = (compared(same.latest(workdir, "digits", node, output)) for workdir in (one, other))
        assert ours, output
        assert ours == theirs, (output, compared.__name__)


def _java() -> str:
    return subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout


def test_on_flink_it_ends_pushed_with_the_same_transform_and_another_engine_runs_nothing_again(direct, tmp_path):
    jar = job_server_jar("flink")
    code, result = _run(tmp_path, "--set", "beam.runner=flink")
    assert (code, result["status"]) == (0, "pushed"), result
    _assert_same(direct, tmp_path)
    assert str(tmp_path) not in _java()
    code, again = _run(tmp_path, "--set", "beam.runner=direct")
    assert (code, again["unchanged"]) == (0, True), again
    # and with a key changed that only the end obeys, nothing that Beam computed before is computed again
    code, again = _run(tmp_path, "--set", "push.keep=3", "--set", "beam.runner=direct")
    assert code == 0, again
    ran = {node["node"] for node in again["nodes"] if node["state"] == "ran"}
    assert ran <= {"Pusher", "LastGraduate", "Evaluator", "Gate"}
    assert not {"ExampleGen", "StatisticsGen", "Transform"} & ran
    assert jar.is_file()


def test_on_spark_transform_is_the_same(direct, tmp_path):
    job_server_jar("spark")
    code, result = _run(tmp_path, "--until", "Transform", "--set", "beam.runner=spark")
    assert code == 0, result
    _assert_same(direct, tmp_path)


@pytest.mark.parametrize(
    ("settings", "code", "sentence"),
    [
        (["beam.runner=flink", "beam.options.paralelism=2"], 2, "Beam has no option 'paralelism' for flink"),
        (["beam.runner=flink", "beam.options.flink_master=localhost:9"], 1, "does not answer"),
        (["beam.runner=flink", "beam.options.job_server_java_launcher=no-such-java"], 1, "there is none"),
    ],
)
def test_an_engine_that_is_not_there_is_one_sentence(tmp_path, settings, code, sentence):
    arguments = [part for setting in settings for part in ("--set", setting)]
    ended, result = _run(tmp_path, "--until", "ExampleGen", *arguments)
    assert ended == code, result
    assert sentence in result["error"]["message"], result
    assert "Traceback" not in result["error"]["message"]
