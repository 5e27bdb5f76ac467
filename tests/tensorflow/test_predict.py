"""`graduate predict` as a user starts it, on a small SavedModel that was pushed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graduate.pipeline.model_ids import resolve
from graduate.pipeline.predict import Answer, ServedModel
from graduate.pipeline.workspace import Workspace

from .tiny_models import save_model

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ("cat", "dog", "fox", "owl")
FOREIGN = ("keras", "tfx", "apache_beam", "tensorflow_transform")
PROGRAM = f"""
import sys
from graduate.pipeline.cli.main import main
code = main(sys.argv[1:])
assert not [name for name in {FOREIGN} if name in sys.modules]
sys.exit(code)
"""


def picture(number: int) -> bytes:
    """What the tiny model takes for an image of class `number`."""
    return (np.eye(4, dtype=np.float32)[number] * 4).tobytes()


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("predict")
    save_model(folder / "export", CLASSES)
    shutil.copytree(folder / "export" / "Format-Serving", folder / "work" / "models" / "tiny" / "7")
    (folder / "images").mkdir()
    for number in range(3):
        (folder / "images" / f"{number}.png").write_bytes(picture(number))
    return folder


@pytest.fixture(scope="module")
def served(work):
    return ServedModel(resolve("tiny:7", Workspace(work / "work")))


def predict(work, *words, stdin=""):
    environment = {**os.environ, "GRADUATE_WORKDIR": str(work / "work"), "PYTHONPATH": str(ROOT)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    command = [sys.executable, "-c", PROGRAM, "predict", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=work, env=environment, timeout=120)


def test_a_person_reads_version_label_and_the_likeliest_classes_and_nothing_of_tensorflow(work):
    done = predict(work, "latest", "images")
    assert done.stderr == ""
    assert done.returncode == 0
    first, *rows = done.stdout.splitlines()
    assert first == "tiny, version 7"
    assert rows[1] == "images/1.png  dog  0.9479  (cat 0.0174, fox 0.0174)"
    assert [row.split()[1] for row in rows] == ["cat", "dog", "fox"]


def test_json_has_all_probabilities_and_bad_inputs_are_named_while_the_others_are_predicted(work):
    (work / "bad.png").write_bytes(b"ab")
    lines = json.dumps({"path": "images/2.png"}) + "\nnonsense\n"
    done = predict(work, "tiny:serving", "images/0.png", "bad.png", "no.png", "-", "--json", stdin=lines)
    assert done.returncode == 1
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["input"], one["label"], one["version"]) for one in told] == [
        ("images/0.png", "cat", 7),
        ("images/2.png", "fox", 7),
    ]
    assert set(told[0]["probabilities"]) == set(CLASSES)
    assert sum(told[0]["probabilities"].values()) == pytest.approx(1)
    bad = done.stderr.splitlines()
    assert [line.split(": ")[1] for line in bad[:3]] == ["bad.png", "no.png", "stdin:2"]
    assert bad[3:] == ["3 of 5 inputs got no prediction"]


def test_inputs_that_are_all_missing_are_said_without_loading_the_model(work):
    shutil.copytree(work / "work" / "models" / "tiny" / "7", work / "damaged")
    (work / "damaged" / "saved_model.pb").write_bytes(b"no graph")
    assert predict(work, "damaged", "no.png").stderr == "error: no.png: there is no such file\n"
    done = predict(work, "damaged", "images/0.png")
    assert done.returncode == 1
    assert "the model cannot be loaded" in done.stderr


def test_one_bad_input_among_many_is_the_only_one_without_an_answer(served):
    raws = [picture(number % 4) for number in range(20)]
    raws[13] = b"ab"
    answers = served.answers(raws)
    assert [at for at, answer in enumerate(answers) if isinstance(answer, str)] == [13]
    assert answers[13] == "it is not a PNG, JPEG, BMP or GIF image"
    assert isinstance(answers[19], Answer)
    assert answers[19].label == "owl"
    assert next(iter(answers[19].probabilities)) == "owl"
