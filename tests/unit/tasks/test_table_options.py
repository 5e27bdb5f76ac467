"""What a config may say of a table."""

from __future__ import annotations

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config.load import load

PLAIN = """
name: t
task: table
data: {table: t.csv, label: y, target: TARGET, group_by: patient}
transform: {buckets: {age: 5}}
training: {steps: 10TRAINING}
evaluation: {bounds: {loss: {at_most: 1}}SLICES}
"""


def loaded(folder, target="class", training="", slices=""):
    text = PLAIN.replace("TARGET", target).replace("10TRAINING", f"10{training}").replace("SLICES", slices)
    (folder / "t.yaml").write_text(text)
    return load(folder / "t.yaml")


def test_groups_are_a_column_and_numbers_have_buckets(tmp_path):
    config = loaded(tmp_path)
    assert (config.data.group_by, config.transform.buckets) == ("patient", {"age": 5})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"target": "number", "training": ", class_weights: balanced"},
            "numbers have no classes that could be weighed",
        ),
        ({"target": "number", "training": ", label_smoothing: 0.1"}, "numbers cannot be smoothed as labels"),
        ({"target": "number", "training": ", early_stopping: {metric: accuracy}"}, "numbers have no accuracy"),
        ({"target": "number", "slices": ", slices: [{by: label, mae: {at_most: 1}}]"}, "numbers are no slices"),
        ({"target": "number", "slices": ", slices: [{by: sex, accuracy: {at_least: 1}}]"}, "accuracy"),
    ],
)
def test_what_needs_classes_is_refused_of_numbers(tmp_path, given, said):
    with pytest.raises(UsageError) as error:
        loaded(tmp_path, **given)
    assert said in str(error.value)
