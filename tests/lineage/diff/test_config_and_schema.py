"""Config keys and schema features of two runs."""

from types import SimpleNamespace

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from graduate.pipeline.lineage.diff import config, schema
from graduate.pipeline.lineage.diff.sides import SAME, UNKNOWN


def side(values):
    return SimpleNamespace(run=SimpleNamespace(config=values))


def test_keys_are_told_old_and_new():
    a = side({"name": "x", "training": {"learning_rate": 0.001, "seed": 0, "augment": []}})
    b = side({"name": "x", "training": {"learning_rate": 0.003, "seed": False, "augment": [{"flip": "horizontal"}]}})
    found = {key.key: (key.what, key.a, key.b) for key in config.compare(a, b).keys}
    assert found == {
        "training.learning_rate": ("changed", 0.001, 0.003),
        "training.seed": ("changed", 0, False),
        "training.augment": ("changed", [], [{"flip": "horizontal"}]),
    }


def test_a_default_that_one_version_knows_is_told_apart_from_what_somebody_set():
    a = side({"model": {"hyperparameters": {}}, "training": {"seed": 1}})
    b = side({"model": {"hyperparameters": {"units": 8}}, "training": {"seed": 1, "xla": False, "l2": 0.1}})
    found = {key.key: key.what for key in config.compare(a, b).keys}
    assert found["training.xla"] == "default_only_in_b"
    assert found["training.l2"] == "added"  # not its default
    assert found["model.hyperparameters.units"] == "added"  # any key may stand there
    back = {key.key: key.what for key in config.compare(b, a).keys}
    assert back["training.xla"] == "default_only_in_a"


def test_a_run_without_a_config_cannot_be_compared():
    found = config.compare(side({}), side({"name": "x"}))
    assert (found.state, found.why) == (UNKNOWN, "A recorded no config: another program ran it")
    assert config.compare(side({"name": "x"}), side({"name": "x"})).state == SAME


def parsed(text):
    return text_format.Parse(text, schema_pb2.Schema())


SCHEMA = """
feature { name: "label" type: BYTES presence { min_fraction: 1.0 min_count: 1 } shape {} domain: "digit" }
feature { name: "width" type: INT int_domain { min: 8 max: 8 } }
string_domain { name: "digit" value: "0" value: "1" }
"""


@pytest.mark.parametrize(
    ("old", "new", "feature", "aspect"),
    [
        ('name: "width" type: INT', 'name: "width" type: FLOAT', "width", "type"),
        ("min_fraction: 1.0", "min_fraction: 0.5", "label", "presence"),
        ("max: 8", "max: 16", "width", "domain"),
        ('value: "1"', 'value: "1" value: "2"', "label", "domain"),
        ("shape {}", "shape { dim { size: 3 } }", "label", "shape"),
    ],
)
def test_a_change_of_a_feature_is_told_by_its_aspect(old, new, feature, aspect):
    [found] = schema.changes(parsed(SCHEMA), parsed(SCHEMA.replace(old, new)))
    assert (found.feature, found.aspect) == (feature, aspect)
    assert found.a != found.b


def test_features_come_and_go():
    other = SCHEMA.replace('name: "width"', 'name: "height"')
    found = {change.feature: (change.a, change.b) for change in schema.changes(parsed(SCHEMA), parsed(other))}
    assert found == {"width": ("INT", None), "height": (None, "INT")}


def test_comments_and_the_name_of_a_domain_change_nothing():
    other = "# a comment\n" + SCHEMA.replace('"digit"', '"numeral"')
    assert list(schema.changes(parsed(SCHEMA), parsed(other))) == []
