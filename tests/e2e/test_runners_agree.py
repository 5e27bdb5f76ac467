"""LocalDagRunner and BeamDagRunner give the same artifacts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.e2e.project import Project, weights

pytestmark = pytest.mark.slow


def files(project: Project, *folders: str) -> dict[str, str]:
    """SHA-256 of each file below some artifact folders, by path; the execution ids in the paths left out."""
    root = project.workspace.artifacts("tiny")
    found = [path for folder in folders for path in (root / folder).glob("*/**/*") if path.is_file()]
    return {_name(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def _name(path: Path) -> str:
    node, output, _execution, *rest = path.parts
    return "/".join((node, output, *rest))


def test_local_and_beam_give_the_same_data_weights_verdicts_and_status(project, first_run):
    local, by_local = first_run
    beam = project.run("--runner", "beam")
    assert (beam.code, beam.result["status"]) == (0, "pushed"), beam.err
    assert beam.nodes == by_local.nodes
    assert weights(beam.result["pushed_to"]) == weights(by_local.result["pushed_to"])
    assert beam.result["metrics"] == by_local.result["metrics"]
    for ours, theirs in zip(by_local.result["verdicts"], beam.result["verdicts"], strict=True):
        assert [(check["name"], check["passed"]) for check in ours["checks"]] == [
            (check["name"], check["passed"]) for check in theirs["checks"]
        ]
    outputs = ("ExampleGen/manifest", "Schema/schema", "ExampleValidator/anomalies", "DataGuard/verdict")
    assert files(project, *outputs) == files(local, *outputs)

    again = project.run("--runner", "beam")
    assert again.result["unchanged"]
    other = project.run()
    assert other.result["unchanged"]


def test_under_beam_too_a_refused_run_and_a_failure_in_user_code_are_said_the_same_way(project):
    (project.folder / "my_models.py").write_text("def build(shape, classes, units):\n    raise ValueError('no')\n")
    project.write_config(model={"module": "my_models.py", "build": "build"})
    done = project.run("--runner", "beam")
    assert (done.code, done.result["status"], done.result["error"]["node"]) == (1, "failed", "Preflight")
    assert "my_models.py:2" in done.err
    assert "ValueError: no" in done.err
    assert "--runner beam" in done.err
    assert len(done.err[done.err.index("Preflight failed.") :].splitlines()) <= 10
