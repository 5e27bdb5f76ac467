"""What the light process says about texts, without TensorFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load
from graduate.pipeline.tasks import text_options

CONFIG = """\
name: reviews
task: text
data: {{texts: reviews{data}}}
transform: {{length: 50{transform}}}
model: {{build: {build}, hyperparameters: {hyperparameters}}}
training: {{steps: 1, augment: {augment}}}
evaluation: {{bounds: {{accuracy: {{at_least: 0.5}}}}, slices: [{slices}]}}
"""
FINE = {"data": "", "transform": "", "build": "bag", "hyperparameters": "{}", "augment": "[]", "slices": ""}


def loaded(tmp_path, **given):
    (tmp_path / "reviews.yaml").write_text(CONFIG.format(**{**FINE, **given}))
    return load(tmp_path / "reviews.yaml")


@pytest.mark.parametrize(
    "given",
    [
        {"hyperparameters": "{embedding: 16, units: [], dropout: 0}"},
        {"build": "lstm", "hyperparameters": "{recurrent: 8, bidirectional: false}"},
        {"build": "gru", "hyperparameters": "{units: [8, 8]}"},
        {"build": "transformer", "hyperparameters": "{embedding: 16, heads: 2, blocks: 1, activation: gelu}"},
        {"augment": "[{word_dropout: 0.1}, {word_mask: 0.2}]"},
        {"transform": ", vocabulary: 100, min_count: 1, lower: false"},
        {"slices": "{by: words, accuracy: {at_least: 0.5}}"},
        {"data": ".csv, text: body, label: stars, group_by: author"},
    ],
)
def test_what_is_right_is_taken(tmp_path, given):
    assert loaded(tmp_path, **given).task == "text"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hyperparameters": "{embeding: 16}"}, "the builder bag has no hyperparameter embeding"),
        ({"hyperparameters": "{embedding: 0}"}, "embedding takes a whole number, 1 or more, not 0"),
        ({"hyperparameters": "{recurrent: 8}"}, "the builder bag has no hyperparameter recurrent"),
        ({"build": "lstm", "hyperparameters": "{bidirectional: 1}"}, "bidirectional takes true or false, not 1"),
        ({"build": "transformer", "hyperparameters": "{heads: 3}"}, "64 cannot be shared out over 3 heads"),
        ({"build": "cnn"}, "unknown builder cnn"),
        ({"augment": "[{word_drop: 0.1}]"}, "unknown augmentation word_drop"),
        ({"augment": "[{word_mask: 1}]"}, "the augmentation word_mask takes a number between 0 and 1, not 1"),
        ({"transform": ", size: [8, 8]"}, "transform.size is not for text pipelines"),
        ({"slices": "{by: colour, accuracy: {at_least: 0.5}}"}, "no feature colour to slice by"),
        ({"data": ".csv, label: [a, b]"}, "a text has one label column"),
        ({"data": ".csv, label: a, target: number"}, "texts are told apart by class, and data.target is number"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, given, said):
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, **given)
    assert said in caught.value.render()


def test_every_hyperparameter_has_a_rule_that_takes_its_default():
    for given in text_options.HYPERPARAMETERS.values():
        for key, value in given.items():
            assert text_options.OPTIONS.rules[key](value) is None, key


def test_nothing_heavy_is_imported():
    script = (
        "import sys, graduate.pipeline.tasks.text_options; print({'numpy', 'keras', 'tensorflow'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"
