"""DataGuard on real statistics and TFDV's own anomalies: what it refuses, in which words, and what it lets pass."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import numpy as np
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from graduate.components.data_guard import judge
from graduate.components.manifest_rows import of_entries
from graduate.components.schema import infer
from graduate.pipeline.data.demo import png
from tests.tensorflow import tiny_rows

ROOT = Path(__file__).resolve().parents[2]


class Rows:
    """Rows of small grey images; `add` gives each a content of its own unless told otherwise."""

    def __init__(self):
        self.rows, self.manifest, self.number = {}, [], 0

    def add(self, split, labels, size=2, content=None):
        for label in labels:
            self.number += 1
            pixels = (content or hashlib.sha256(str(self.number).encode()).digest()) * size
            raw = png(pixels[: size * size], width=size, height=size)
            path = f"{split}/{label}/{self.number:04d}.png"
            self.rows.setdefault(split, []).append(tiny_rows.row(raw, label, path, size))
            content_hash = hashlib.sha256(raw).hexdigest()
            self.manifest.append({"path": path, "hash": content_hash, "split": split, "class": label})
        return self

    def statistics(self):
        return {split: tiny_rows.statistics(rows) for split, rows in self.rows.items()}

    def judged(self, schema=None, **settings):
        measured = self.statistics()
        schema = schema or infer(measured["train"])
        found = {split: tfdv.validate_statistics(one, schema) for split, one in measured.items()}
        given = {split: one.datasets[0] for split, one in measured.items()}
        return judge(statistics=given, schema=schema, found=found, rows=of_entries(self.manifest), **settings)


def pets():
    animals = ["cat", "dog"] * 20
    return Rows().add("train", animals).add("eval", animals[:10]).add("test", animals[:10])


def failed(record):
    return [check.sentence for check in record.checks if not check.passed]


def test_sound_data_passes_with_the_evidence():
    record = pets().judged()
    assert record.passed
    assert record.source == "DataGuard"
    text = " ".join(record.reasons)
    assert "60 rows came in" in text
    assert "2 classes came in" in text
    assert "No image lies in two splits" in text


def test_a_class_that_the_schema_does_not_know_is_named_with_its_rows():
    schema = infer(pets().statistics()["train"])
    record = pets().add("train", ["emu"] * 3).judged(schema)
    [sentence] = failed(record)
    assert 'label: expected one of "cat", "dog"' in sentence
    assert '3 of 43 train rows have "emu"' in sentence


def test_a_size_that_the_curated_schema_does_not_allow_is_named():
    schema = text_format.Parse((ROOT / "schemas/data/digits.pbtxt").read_text(), schema_pb2.Schema())
    record = Rows().add("train", "0123456789" * 3, size=8).add("train", "77", size=9).judged(schema)
    sentences = failed(record)
    assert {sentence.split(":")[0] for sentence in sentences} == {"height", "width"}
    assert "expected 8" in sentences[0]
    assert "2 of 32 train rows lie outside" in sentences[0]


def test_a_class_in_eval_that_training_never_saw_is_refused_once():
    [sentence] = failed(pets().add("eval", ["emu"]).judged())
    assert 'Class "emu" is in 1 eval row' in sentence
    assert "training never saw it" in sentence


def test_the_same_image_in_two_splits_is_refused_and_twice_in_one_is_not():
    twin = b"twin"
    assert pets().add("train", ["cat", "cat"], content=twin).judged().passed
    [sentence] = failed(pets().add("train", ["cat"], content=twin).add("test", ["cat"], content=twin).judged())
    assert "1 image is in more than one split" in sentence
    assert "(train)" in sentence
    assert "(test)" in sentence


def test_label_shares_of_eval_that_are_not_those_of_training_are_refused():
    rows = Rows().add("train", ["cat", "dog"] * 100).add("eval", ["cat"] * 98 + ["dog"] * 2)
    [sentence] = failed(rows.judged())
    assert "50.0% of train" in sentence
    assert "of eval" in sentence


@pytest.mark.parametrize("seed", range(20))
def test_small_healthy_splits_raise_no_alarm(seed):
    chosen = random.Random(seed)
    animals = ["ant", "bee", "cat", "dog"]
    rows = Rows().add("train", animals + chosen.choices(animals, k=36)).add("eval", chosen.choices(animals, k=6))
    assert rows.judged().passed


def test_an_image_size_that_only_eval_has_is_refused():
    rows = Rows().add("train", ["cat", "dog"] * 30).add("eval", ["cat", "dog"] * 15, size=16)
    sentences = failed(rows.judged())
    assert any(sentence.startswith("height: train has 2; eval has 16") for sentence in sentences)


def with_looks(rows, share):
    """Rows whose eval images look like the first train images, by `share` of them."""
    from graduate.leakage import look

    noise = random.Random(0)
    looks = [look(np.array([noise.randrange(256) for _ in range(64)], np.uint8).reshape(8, 8)) for _ in rows.manifest]
    train = [at for at, row in enumerate(rows.manifest) if row["split"] == "train"]
    others = [at for at, row in enumerate(rows.manifest) if row["split"] == "eval"]
    for first, second in list(zip(train, others, strict=False))[: int(share * len(others))]:
        looks[second] = looks[first]
    for row, one in zip(rows.manifest, looks, strict=True):
        row["look"] = one
    return rows


def test_an_image_that_looks_like_one_of_training_is_a_warning_and_can_be_made_a_refusal():
    record = with_looks(pets(), 0.3).judged()
    assert record.passed
    [warning] = [check for check in record.checks if check.warns]
    assert "3 of 20 images outside of train look like one of train" in warning.sentence
    assert not with_looks(pets(), 0.3).judged(leakage={"near_duplicates": "refuse"}).passed
    assert not [check for check in with_looks(pets(), 0).judged().checks if check.warns]


def test_a_size_that_tells_the_class_is_a_warning():
    rows = pets()
    for row in rows.manifest:
        row.update(height=2, width=2 if row["class"] == "cat" else 3, channels=1)
    assert next(check.sentence for check in rows.judged().checks if check.warns).startswith(
        "width alone tells the class"
    )
    assert not [check for check in rows.judged(leakage={"single_feature": "off"}).checks if check.warns]


def test_a_group_in_two_ready_made_splits_is_refused():
    rows = pets()
    for number, row in enumerate(rows.manifest):
        row["group"] = f"owner-{number % 50}"
    [sentence] = failed(rows.judged())
    assert "10 groups lie in more than one split, such as 'owner-0' (test 1, train 1 rows)" in sentence
