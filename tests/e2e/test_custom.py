"""The example with a network, preprocessing, a metric and a rule of one's own, run to a pushed model and edited."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[2] / "examples" / "custom"
MOST_LINES = 20  # of the user's Python


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("custom")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    project = Project(folder)
    yield project
    project.close()


def run(project: Project, *words: str):
    done = project.graduate("run", "digits.yaml", "--json", *words)
    assert done.code == 0, done.err
    return done


def evidence(project: Project, name: str) -> dict:
    """The newest file of this name among the artifacts."""
    found = (project.folder / ".graduate" / "artifacts").rglob(name)
    return json.loads(max(found, key=lambda path: path.stat().st_mtime).read_text())


def test_each_file_of_the_users_is_short():
    for file in EXAMPLE.glob("*.py"):
        lines = [line for line in file.read_text().splitlines() if line.strip()]
        assert len(lines) < MOST_LINES, file.name


def test_all_four_are_run_and_an_edit_runs_again_what_obeys_it(project):
    done = run(project)
    assert done.result["status"] == "pushed"
    metrics = evidence(project, "metrics.json")
    assert metrics["overall"]["accuracy"] <= metrics["overall"]["within_two"] <= 1
    assert 0.85 <= metrics["slices"]["label=3"]["within_two"] <= 1
    (version,) = project.workspace.push_to("custom", None).glob("*/model_card.json")
    assert "within_two" in version.read_text()
    assert "slow-start" in evidence(project, "findings.json")["ran"]

    metric = project.folder / "my_metrics.py"
    metric.write_text(metric.read_text().replace("[:, -2:]", "[:, -1:]"))
    rule = project.folder / "my_rules.py"
    rule.write_text(rule.read_text().replace('thresholds["gained"]:', "2.0:"))
    done = run(project, "--set", "evaluation.bounds.within_two.at_least=0.5", "--set", "evaluation.slices=[]")
    assert done.ran >= {"Evaluator", "GradientDiagnostics"}
    assert not done.ran & {"ExampleGen", "Transform", "Preflight", "Trainer"}, done.reasons
    metrics = evidence(project, "metrics.json")["overall"]
    assert metrics["within_two"] == pytest.approx(metrics["accuracy"])
    (finding,) = evidence(project, "findings.json")["findings"]
    assert (finding["fault"], finding["severity"]) == ("slow-start", "warning")
    told = project.graduate("diagnose", "custom", "--json")
    assert "slow-start" in told.out
    assert "slow-start" in project.graduate("explain", "slow-start", "--module", "my_rules.py").out
