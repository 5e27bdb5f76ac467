"""Images with several labels each, of mixed formats, held as cameras are held: from a CSV to predictions."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.e2e.project import Project

pytestmark = pytest.mark.slow

LABELS = ("left", "top")
SIDE = 16
CONFIG = {
    "data": {"images": "photos", "labels": "labels.csv", "label": list(LABELS), "target": "labels"},
    "transform": {"size": [8, 8]},
    "training": {"steps": 120},
    "evaluation": {"bounds": {"accuracy": {"at_least": 0.95}, "auc": {"at_least": 0.95}}},
}


def picture(left: int, top: int, random: np.random.Generator) -> np.ndarray:
    """Bright at the left, at the top, at both or at neither."""
    pixels = random.integers(0, 60, (SIDE, SIDE))
    pixels[:, : SIDE // 2] += 90 * left
    pixels[: SIDE // 2] += 90 * top
    return pixels.astype(np.uint8)


def encoded(pixels: np.ndarray, number: int) -> tuple[str, bytes]:
    """As PNG, BMP, or a JPEG of a camera that was held on its side."""
    out, kind = io.BytesIO(), ("png", "bmp", "jpg")[number % 3]
    if kind == "jpg":
        exif = Image.Exif()
        exif[0x0112] = 6  # what the sensor saw is turned by a quarter, clockwise, to be seen
        Image.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(out, "JPEG", exif=exif, quality=95)
    else:
        Image.fromarray(pixels).save(out, kind)
    return kind, out.getvalue()


@pytest.fixture
def labelled(tmp_path):
    project, random = Project(tmp_path), np.random.default_rng(0)
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    with open(tmp_path / "labels.csv", "w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["file", *LABELS])
        for number in range(120):
            given = number // 3 % 2, number // 6 % 2
            kind, raw = encoded(picture(*given, random), number)
            path = f"{'deep/' if number % 2 else ''}{number:03d}.{kind}"
            (tmp_path / "photos" / path).write_bytes(raw)
            writer.writerow([path, *given])
    project.write_config(**CONFIG)
    yield project
    project.close()


def test_several_labels_are_learned_judged_and_predicted(labelled):
    done = labelled.run()
    assert done.code == 0, done.err
    assert done.result["status"] == "pushed"
    (found,) = (labelled.folder / ".graduate" / "artifacts").rglob("metrics.json")
    assert set(json.loads(found.read_text())["per_class"]) == set(LABELS)
    # all three are JPEGs that were held on their side
    asked = {"photos/deep/011.jpg": ["left", "top"], "photos/008.jpg": ["top"], "photos/deep/005.jpg": ["left"]}
    told = labelled.graduate("predict", "tiny:serving", *asked, "--json")
    assert told.code == 0, told.err
    answers = [json.loads(line) for line in told.out.splitlines()]
    assert [sorted(answer["labels"]) for answer in answers] == list(asked.values())
    assert set(answers[0]["probabilities"]) == set(LABELS)


def test_another_label_of_one_file_runs_again(labelled):
    assert labelled.run("--until", "ExampleGen").code == 0
    table = labelled.folder / "labels.csv"
    table.write_text(table.read_text().replace("000.png,0,0", "000.png,1,0"))
    assert labelled.run("--until", "ExampleGen").ran == {"ExampleGen"}
