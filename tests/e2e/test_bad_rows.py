"""Files that are no images, and names that nobody expects."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.slow

ODD = (
    "with a space.png",
    'it\'s "quoted".png',
    "two\nlines.png",
    "Größe-猫.png",
    "tab\t.png",
    "-dash.png",
    "$(echo no).png",
    "%s{}.png",
    "*.png",
)
BAD = {
    "top/empty.png": "empty (0 bytes)",
    "top/cut\noff.png": "truncated or damaged",
    "left/text.png": "not a PNG",
}


@pytest.fixture
def odd(project: Project) -> Project:
    """A project with odd names and three bad files beside the good ones."""
    images = project.folder / "images"
    good = (images / "top" / "000.png").read_bytes()
    for number, name in enumerate(ODD):
        (images / "top" / f"{number + 1:03d}.png").rename(images / "top" / name)
    (images / "left").rename(images / 'a class\'s "name" é')
    (images / "left").mkdir()
    (images / "top" / "empty.png").write_bytes(b"")
    (images / "top" / "cut\noff.png").write_bytes(good[:-30])
    (images / "left" / "text.png").write_text("no image")
    return project


def test_bad_files_stop_the_run_and_are_named_unless_they_may_be_skipped(odd):
    failed = odd.run()
    said = [line for line in failed.err.splitlines() if line.startswith(("error", "hint"))]
    assert (failed.code, failed.result["status"]) == (5, "data_refused")
    assert len(said) == 2
    assert said[0].startswith(f"error: ExampleGen: 3 bad rows in {odd.folder}/images: ")
    for path, reason in BAD.items():
        assert path.replace("\n", "\\n") in said[0]
        assert reason in said[0]
    assert "data.bad_rows: skip" in said[1]
    listed = next(word for word in said[1].split() if word.endswith(".jsonl),")).rstrip("),")
    with open(listed) as lines:
        assert {json.loads(line)["path"] for line in lines} == set(BAD)
    assert odd.serving is None

    few = odd.run("--set", "data.bad_rows=skip", "--set", "data.max_bad_rows=2")
    assert few.code == 5
    assert "3 bad rows" in few.err
    assert "more than data.max_bad_rows: 2" in few.err
    assert "raise data.max_bad_rows" in few.err


def test_skipped_files_are_listed_and_odd_names_are_trained_on(odd):
    done = odd.run("--set", "data.bad_rows=skip")
    assert (done.code, done.result["status"]) == (0, "pushed"), done.err
    note = next(line for line in done.err.splitlines() if "bad rows were skipped" in line)
    with open(note.split()[-1]) as lines:
        skipped = {row["path"]: row["reason"] for row in map(json.loads, lines)}
    assert skipped.keys() == BAD.keys()
    assert all(BAD[path] in reason for path, reason in skipped.items())
    (manifest,) = odd.workspace.artifacts("tiny").glob("ExampleGen/manifest/*/manifest.jsonl")
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert {f"top/{name}" for name in ODD} <= {row["path"] for row in rows}
    assert len(rows) == 90
    asked = odd.graduate("predict", "latest", "images/top/two\nlines.png", "images/top/-dash.png", "--json")
    assert asked.code == 0, asked.err
    assert [json.loads(line)["label"] for line in asked.out.splitlines()] == ["top", "top"]


def test_a_damaged_tfrecord_file_is_named_and_a_wrong_feature_leads_to_those_there_are(project):
    write = (
        "import glob, os, tensorflow as tf\n"
        "with tf.io.TFRecordWriter('rows.tfrecord') as writer:\n"
        "    for path in sorted(glob.glob('images/*/*.png')):\n"
        "        row = tf.train.Example()\n"
        "        row.features.feature['image'].bytes_list.value.append(open(path, 'rb').read())\n"
        "        row.features.feature['kind'].bytes_list.value.append(path.split('/')[1].encode())\n"
        "        writer.write(row.SerializeToString())\n"
    )
    subprocess.run([sys.executable, "-c", write], cwd=project.folder, check=True, capture_output=True)
    rows = (project.folder / "rows.tfrecord").read_bytes()
    (project.folder / "cut.tfrecord").write_bytes(rows[:-9])

    project.write_config(data={"images": None, "tfrecords": "cut.tfrecord"})
    cut = project.run()
    assert (cut.code, cut.result["status"]) == (5, "data_refused")
    assert f"{project.folder}/cut.tfrecord is not a whole TFRecord file (truncated record" in cut.err
    assert "copy that file once more" in cut.err
    assert "{{" not in cut.err

    project.write_config(data={"images": None, "tfrecords": "rows.tfrecord"})
    wrong = project.run()
    assert wrong.code == 5
    assert "it has no feature label (it has: image, kind)" in wrong.err

    right = project.run("--until", "DataGuard", "--set", "data.label_feature=kind")
    assert (right.code, right.result["status"]) == (0, "stopped"), right.err


def test_bad_input_of_a_prediction_is_named_with_the_reason(pushed):
    (pushed.folder / "text.png").write_text("no image")
    (pushed.folder / "empty.png").write_bytes(b"")
    done = pushed.graduate("predict", "latest", "text.png", "empty.png", "gone.png")
    assert done.code == 1
    for name in ("text.png", "empty.png", "gone.png"):
        assert name in done.err
