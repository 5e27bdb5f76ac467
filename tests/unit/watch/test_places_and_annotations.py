"""Where findings are put: lines of a script, SARIF, a CI's annotations."""

import json
import re
from pathlib import Path

import pytest

from graduate.findings import Diagnosis, Evidence, Finding, Severity
from graduate.trace.memory import made
from graduate.watch import annotations, sarif
from graduate.watch.outcome import Outcome, Watched
from graduate.watch.places import Places
from graduate.watch.process import Ended

SCRIPT = """\
import keras
from keras import layers

model = keras.Sequential([
    layers.Dense(8, name="first"),
    layers.Dense(8),
    layers.BatchNormalization(),
    layers.Dense(1),
])
opt = keras.optimizers.SGD(5.0)
model.compile(
    optimizer=opt, loss="mse")
history = (model
    .fit(x, y))
"""


def finding(fault, layers=(), severity=Severity.ERROR, caused_by=None):
    evidence = Evidence("loss", float("nan"), 1.0, "calibration", "the loss, 100 %, went up")
    return Finding(fault, severity, (1, 9), tuple(layers), (evidence,), "It is bad.", ("clip-gradients",), caused_by)


def outcome(*findings, code=0):
    watched = Watched("sequential", Path("1-sequential"), made(series={"loss": [1.0]}), Diagnosis(findings, {}, ("a",)))
    return Outcome((watched,), Ended(code))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("my train.py").write_text(SCRIPT)
    return "my train.py"


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (finding("dead-units", ["first"]), 5),
        (finding("dead-units", ["dense"]), 6),
        (finding("dead-units", ["dense_1"]), 8),
        (finding("vanishing-gradient", ["batch_normalization"]), 7),
        (finding("learning-rate-too-high"), 10),
        (finding("wrong-loss"), 11),
        (finding("leakage"), 14),
        (finding("something-new"), 14),
    ],
)
def test_a_finding_is_put_at_the_line_that_it_is_about(file, found, line):
    assert Places.of(file).line(found) == line


@pytest.mark.parametrize("text", ["", "no python at all (", "print(1)"])
def test_a_script_that_says_nothing_has_its_first_line(tmp_path, text):
    (tmp_path / "x.py").write_text(text)
    assert Places.of(str(tmp_path / "x.py")).line(finding("leakage")) == 1


def test_sarif_has_what_code_scanning_needs(file):
    found = outcome(finding("leakage"), finding("dead-units", ["first"], Severity.NOTE), code=3)
    sarif.write(found, file, "out/x.sarif")
    log = json.loads(Path("out/x.sarif").read_text(encoding="utf-8"))
    assert (log["version"], log["$schema"]) == ("2.1.0", sarif.SCHEMA)
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20train.py"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert result["message"]["text"]
    assert [result["level"] for result in run["results"]] == ["error", "note"]
    assert run["invocations"][0]["exitCode"] == 3


def test_a_module_has_no_file_to_point_to(file):
    [result] = sarif.document(outcome(finding("leakage")), None)["runs"][0]["results"]
    assert "locations" not in result
    [line] = annotations.github(outcome(finding("leakage")), None)
    assert line.startswith("::error title=")


def test_annotations_are_githubs_commands_for_roots_alone(file):
    found = outcome(
        finding("leakage"), finding("dead-units", severity=Severity.NOTE), finding("x", caused_by="leakage")
    )
    lines = list(annotations.github(found, file))
    assert len(lines) == 2
    assert lines[0].startswith("::error file=my train.py,line=14,title=leakage (sequential)::It is bad.")
    assert "100 %25" in lines[0]
    assert lines[1].startswith("::notice ")
    assert not any(re.search(r"[\r\n]", line) for line in lines)


def test_paths_are_those_of_the_repository(file, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    [line] = annotations.github(outcome(finding("leakage")), file)
    assert f"file={tmp_path.name}/my train.py," in line


def test_the_json_in_the_documents_has_the_keys_that_there_are(file):
    page = (Path(__file__).resolve().parents[3] / "docs/watch.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    shown, real = json.loads(text), outcome(finding("leakage")).to_json()
    assert set(shown) == set(real)
    for part in ("findings", "traces"):
        assert set(shown[part][0]) == set(real[part][0])
    assert set(shown["findings"][0]["evidence"][0]) == set(real["findings"][0]["evidence"][0])
