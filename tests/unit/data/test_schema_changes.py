"""What differs between a schema and the data, and what accepting it does to the schema."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from graduate.pipeline.schema_changes import accept, changes, features

SCHEMA = """
feature { name: "height" type: INT shape {} int_domain { min: 8 max: 8 } }
feature { name: "label" type: BYTES shape {} domain: "class" }
string_domain { name: "class" value: "cat" value: "dog" }
"""


@pytest.fixture
def schema():
    return text_format.Parse(SCHEMA, schema_pb2.Schema())


def came(labels, heights=(8, 8), extra=""):
    buckets = "".join(f'buckets {{ label: "{name}" sample_count: {rows} }}' for name, rows in labels.items())
    text = f"""datasets {{
      features {{ path {{ step: "label" }} type: STRING string_stats {{ rank_histogram {{ {buckets} }} }} }}
      features {{ path {{ step: "height" }} type: INT num_stats {{ min: {heights[0]} max: {heights[1]} }} }}
      {extra}
    }}"""
    return {"train": features(text_format.Parse(text, statistics_pb2.DatasetFeatureStatisticsList()))}


def test_data_that_fits_has_no_changes(schema):
    labels = {"cat": 3, "dog": 2}
    assert changes(schema, came(labels), labels) == []


def test_a_new_class_is_named_with_its_rows_and_accepted(schema):
    labels = {"cat": 3, "dog": 2, "ant": 4}
    [change] = changes(schema, came(labels), labels)
    assert change.sentence == 'label: "ant" is new (4 rows); expected one of "cat", "dog".'
    accepted = accept(schema, [change])
    assert list(accepted.string_domain[0].value) == ["ant", "cat", "dog"]
    assert changes(accepted, came(labels), labels) == []
    assert list(schema.string_domain[0].value) == ["cat", "dog"]  # the given one is as it was


def test_a_class_that_no_longer_comes_is_told_and_stays(schema):
    [change] = changes(schema, came({"cat": 3}), {"cat": 3})
    assert change.edit is None
    assert '"dog" no longer comes' in change.sentence
    assert accept(schema, [change]) == schema


def test_a_wider_range_is_accepted(schema):
    labels = {"cat": 3, "dog": 2}
    [change] = changes(schema, came(labels, (6, 12)), labels)
    assert change.sentence == "height: expected 8, 6 to 12 came."
    height = accept(schema, [change]).feature[0].int_domain
    assert (height.min, height.max) == (6, 12)


def test_a_feature_that_is_new_and_one_that_has_gone_are_accepted(schema):
    labels = {"cat": 3, "dog": 2}
    given = came(labels, extra='features { path { step: "weight" } type: FLOAT num_stats {} }')
    del given["train"]["height"]
    gone, new = changes(schema, given, labels)
    assert (gone.sentence, new.sentence) == (
        "height: expected, and no row has it.",
        "weight: not expected, and rows have it.",
    )
    accepted = accept(schema, [gone, new])
    assert [feature.name for feature in accepted.feature] == ["label", "weight"]
    assert accepted.feature[1].type == schema_pb2.FLOAT
