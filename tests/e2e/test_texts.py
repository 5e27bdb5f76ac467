"""Texts from a column of a table to a pushed model that answers texts, empty and unknown ones too."""

from __future__ import annotations

import csv
import json
import random

import pytest

from tests.e2e.project import Project

pytestmark = pytest.mark.slow

CONFIG = """\
name: tiny
task: text
data: {texts: reviews.csv, text: body, label: stars, split: {train: 0.6, eval: 0.2, test: 0.2}}
transform: {length: 12, vocabulary: 60, min_count: 1}
model: {build: gru, hyperparameters: {embedding: 8, recurrent: 8, dropout: 0.1}}
training: {steps: 60, batch_size: 16, learning_rate: 0.02, augment: [{word_dropout: 0.1}], seed: 3}
evaluation: {bounds: {accuracy: {at_least: 0.9}}, slices: [{by: label, accuracy: {at_least: 0.8}, min_examples: 5}]}
"""
OWN = {"gut": ["schön", "今天", "wonderful", "حلو"], "schlecht": ["öde", "昨日", "dreadful", "مر"]}


@pytest.fixture
def reviews(tmp_path):
    """A project of 200 reviews in a table; every one has a word of its class."""
    project, noise = Project(tmp_path), random.Random(1)
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    with open(tmp_path / "reviews.csv", "w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["id", "body", "stars"])
        for number in range(200):
            stars = ("gut", "schlecht")[number % 2]
            words = [f"w{noise.randrange(20)}" for _ in range(noise.randrange(3, 9))]
            words.insert(noise.randrange(len(words)), noise.choice(OWN[stars]))
            rows.writerow([number, " ".join(words) + f", {number}", stars])
    yield project
    project.close()


def test_reviews_in_a_table_become_a_model_that_answers_any_text(reviews):
    done = reviews.run()
    assert done.code == 0, done.err
    assert {"ServingCheck", "Evaluator", "Pusher"} <= done.ran
    asked = ["w1 wonderful w2", "昨日 w3", "", "xyzzy", "\u3000"]
    (reviews.folder / "asked.jsonl").write_text("".join(json.dumps({"text": one}) + "\n" for one in asked))
    answers = reviews.graduate("predict", "tiny:serving", "asked.jsonl", "--json")
    assert answers.code == 0, answers.err
    found = [json.loads(line) for line in answers.out.splitlines()]
    assert [one["label"] for one in found[:2]] == ["gut", "schlecht"]
    assert found[2]["probabilities"] == found[4]["probabilities"] != found[3]["probabilities"]
    again = reviews.run()
    assert again.code == 0, again.err
    assert not again.ran
