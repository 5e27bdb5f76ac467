"""A run on this machine with a place in an object store: an error before anything starts, and no folder named `s3:`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GRADUATE = Path(sys.executable).with_name("graduate")
EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.yaml"


def graduate(folder, *args, **environment):
    command = [GRADUATE, *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment})
    assert list(folder.iterdir()) == [], "nothing is made"
    return done


PLACES = {
    "data.images": (["--set", "data.images=s3://bucket/digits"], "data.images is s3://bucket/digits", "s3 cp"),
    "push.to": (["--set", "push.to=s3://bucket/models"], "push.to is s3://bucket/models", "kubeflow.push_to"),
    "--workdir": (["--workdir", "s3://bucket/work"], "s3://bucket/work is no folder", "--root s3://bucket/work"),
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_refused_and_said_what_works_instead(tmp_path, place):
    args, message, remedy = PLACES[place]
    done = graduate(tmp_path, "run", str(EXAMPLE), *args)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert remedy in done.stderr
    assert "graduate compile" in done.stderr
    assert "Traceback" not in done.stderr


LABELLED = """
name: labelled
task: image
data: {images: pictures, labels: gs://bucket/labels.csv, target: labels, label: [cat, dog]}
transform: {size: [8, 8]}
model: {build: cnn}
training: {steps: 10, batch_size: 8, learning_rate: 0.001}
evaluation: {bounds: {accuracy: {at_least: 0.5}}}
"""


def test_so_is_a_file_of_labels(tmp_path):
    (tmp_path / "labelled.yaml").write_text(LABELLED)
    folder = tmp_path / "here"
    folder.mkdir()
    done = graduate(folder, "run", "../labelled.yaml")
    assert done.returncode == 2, done.stderr
    assert "data.labels is gs://bucket/labels.csv" in done.stderr


def test_so_is_a_work_folder_of_the_environment_for_every_verb(tmp_path):
    done = graduate(tmp_path, "runs", GRADUATE_WORKDIR="minio://bucket/work")
    assert done.returncode == 2, done.stderr
    assert "minio://bucket/work is no folder" in done.stderr


def test_a_path_with_a_colon_is_a_path(tmp_path):
    done = subprocess.run(
        [GRADUATE, "runs", "--workdir", "a:b"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "is no folder: a work folder" not in done.stderr
