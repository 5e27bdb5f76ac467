"""Tables from a file to answers: a line from five points; several labels from columns with odd names."""

from __future__ import annotations

import csv
import datetime
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import GRADUATE

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
name: people
task: table
data: {table: people.csv, label: [old, weekend], target: labels, bad_rows: skip}
transform: {statistics: false}
model: {build: mlp, hyperparameters: {units: [16], dropout: 0}}
training: {steps: 150, batch_size: 32, learning_rate: 0.02, seed: 1}
leakage: {single_feature: off}
evaluation:
  split: eval
  bounds: {accuracy: {at_least: 0.85}, auc: {at_least: 0.9}}
  slices: [{by: self, accuracy: {at_least: 0.6}, min_examples: 5}]
"""


def graduate(folder: Path, *words: str, stdin: str = "", code: int = 0) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("GRADUATE_WORKDIR", None)
    done = subprocess.run(
        [*GRADUATE, *words], cwd=folder, env=environment, input=stdin, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


@pytest.mark.slow
def test_a_line_is_learned_from_five_points(tmp_path):
    told = json.loads(graduate(tmp_path, "run", str(ROOT / "examples" / "line.yaml"), "--json").splitlines()[-1])
    assert told["status"] == "pushed"
    assert told["metrics"]["mae"] <= 1e-3
    assert [check["passed"] for verdict in told["verdicts"] for check in verdict["checks"]].count(False) == 0
    answers = graduate(tmp_path, "predict", "line:serving", "-", "--json", stdin='{"x": 2.5}\n{"x": "1,000"}\n')
    values = [json.loads(line)["values"]["y"] for line in answers.splitlines()]
    assert values == pytest.approx([5.0, 2000.0], abs=1e-2)


@pytest.mark.slow
def test_several_labels_from_columns_with_odd_names(tmp_path):
    chance = random.Random(0)
    with open(tmp_path / "people.csv", "w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(["a b", "a_b", "città", "inputs", "self", "old", "weekend"])
        for _ in range(400):
            age, city = chance.randrange(18, 90), chance.choice(["Köln", "Rome", "Oslo"])
            day = datetime.date(2024, 1, 1) + datetime.timedelta(days=chance.randrange(700))
            missing, sex = chance.random() < 0.1, chance.choice("fm")
            row = ["" if missing else age, f"{chance.gauss(30_000, 9_000):,.2f}", city, day.isoformat(), sex]
            writer.writerow([*row, int(age > 50), "yes" if day.weekday() >= 5 else "no"])
        writer.writerow(["1", "2"])
    (tmp_path / "people.yaml").write_text(CONFIG)
    told = json.loads(graduate(tmp_path, "run", "people.yaml", "--json").splitlines()[-1])
    assert told["status"] == "pushed"
    checked = {check["name"]: check["sentence"] for v in told["verdicts"] for check in v["checks"]}
    assert "agree to the last bit" in checked["agreement"] or "differ by" in checked["agreement"]
    rows = [
        {"a b": 80, "a_b": "30,000", "città": "Atlantis", "inputs": "2024-06-01", "self": "f"},
        {"a b": 20, "a_b": 30000, "città": None, "inputs": "2024-06-05", "self": "m"},
    ]
    answers = graduate(tmp_path, "predict", "people", "-", "--json", stdin="".join(f"{json.dumps(r)}\n" for r in rows))
    assert [json.loads(line)["labels"] for line in answers.splitlines()] == [["old", "weekend"], []]
    (tmp_path / "few.csv").write_text("a b,self\n1,f\n")
    said = graduate(tmp_path, "predict", "people", "few.csv", code=1)
    assert "the columns a_b, città, inputs are missing" in said
