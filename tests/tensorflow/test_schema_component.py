"""The Schema node: curated, inferred once and kept, accepted; what its cache key sees; what Transform makes of it."""

from __future__ import annotations

import os

import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils
from tfx.types import artifact_utils, standard_artifacts

from graduate.components.schema import SchemaExecutor
from graduate.errors import UsageError
from graduate.pipeline.config import load
from graduate.pipeline.data.demo import png
from graduate.pipeline.data.schema_files import schema_digest, schema_params
from graduate.pipeline.workspace import Workspace
from tests.tensorflow import tiny_rows
from tests.tensorflow.tiny_rows import row

CONFIG = """
name: tiny
data: {images: images}
training: {steps: 1}
evaluation: {bounds: {accuracy: {at_least: 0.5}}}
"""
CURATED = """
feature { name: "image" type: BYTES shape {} presence { min_fraction: 1 } }
feature { name: "label" type: BYTES shape {} presence { min_fraction: 1 } }
feature { name: "hash" type: BYTES shape {} presence { min_fraction: 1 } }
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "work")


@pytest.fixture
def config(tmp_path):
    def config(text: str = ""):
        (tmp_path / "tiny.yaml").write_text(CONFIG + text)
        return load(str(tmp_path / "tiny.yaml"), [])

    return config


def statistics(folder, labels):
    """Statistics of small real rows, as StatisticsGen leaves them."""
    rows = [row(png(bytes([n] * 4), width=2, height=2), name, f"{name}/{n}.png", 2) for n, name in enumerate(labels)]
    measured = tiny_rows.statistics(rows)
    made = standard_artifacts.ExampleStatistics()
    made.uri = os.fspath(folder)
    made.split_names = artifact_utils.encode_split_names(["train"])
    os.makedirs(folder / "Split-train")
    (folder / "Split-train" / "FeatureStats.pb").write_bytes(measured.SerializeToString())
    return made, measured


def run(tmp_path, params, labels):
    given, _ = statistics(tmp_path / f"statistics-{len(os.listdir(tmp_path))}", labels)
    out = standard_artifacts.Schema()
    out.uri = os.fspath(tmp_path / f"schema-{len(os.listdir(tmp_path))}")
    SchemaExecutor().Do({"statistics": [given]}, {"schema": [out]}, params)
    with open(os.path.join(out.uri, "schema.pbtxt"), encoding="utf-8") as opened:
        return text_format.Parse(opened.read(), schema_pb2.Schema())


def classes(schema):
    return list(schema.string_domain[0].value)


def test_an_inferred_schema_fits_the_data_and_gives_transform_one_value_a_row(tmp_path, workspace, config):
    schema = run(tmp_path, schema_params(config(), workspace), ["cat", "dog", "cat"])
    assert classes(schema) == ["cat", "dog"]
    spec = schema_utils.schema_as_feature_spec(schema).feature_spec
    assert {"image", "label", "hash"} <= set(spec)
    assert all(list(feature.shape) == [] for feature in spec.values())
    _, measured = statistics(tmp_path / "again", ["dog", "cat"])
    assert not tfdv.validate_statistics(measured, schema).anomaly_info


def test_it_is_inferred_once_and_kept(tmp_path, workspace, config):
    run(tmp_path, schema_params(config(), workspace), ["cat", "dog"])
    assert classes(run(tmp_path, schema_params(config(), workspace), ["cat", "dog", "emu"])) == ["cat", "dog"]


def test_keeping_what_was_inferred_does_not_change_the_node_s_key(tmp_path, workspace, config):
    before = schema_params(config(), workspace), schema_digest(config(), workspace)
    run(tmp_path, before[0], ["cat", "dog"])
    assert workspace.schema("tiny").is_file()
    assert (schema_params(config(), workspace), schema_digest(config(), workspace)) == before


def test_accepting_a_change_changes_the_key_and_a_comment_does_not(tmp_path, workspace, config):
    run(tmp_path, schema_params(config(), workspace), ["cat", "dog"])
    kept = workspace.schema("tiny")
    before = schema_params(config(), workspace)
    kept.write_text("# a comment\n" + kept.read_text())
    assert schema_params(config(), workspace) == before
    kept.write_text(kept.read_text().replace('value: "dog"', 'value: "dog"\n  value: "emu"'))
    assert schema_params(config(), workspace)["accepted"]
    assert classes(run(tmp_path, schema_params(config(), workspace), ["cat"])) == ["cat", "dog", "emu"]


def test_a_curated_schema_is_taken_as_it_is_and_nothing_is_kept(tmp_path, workspace, config):
    (tmp_path / "mine.pbtxt").write_text(CURATED)
    params = schema_params(config("schema: mine.pbtxt"), workspace)
    schema = run(tmp_path, params, ["cat", "dog"])
    assert [feature.name for feature in schema.feature] == ["image", "label", "hash"]
    assert not workspace.schema("tiny").exists()
    assert schema_digest(config("schema: mine.pbtxt"), workspace) == params["curated_hash"] != ""


def test_a_curated_schema_that_is_none_is_named(tmp_path, workspace, config):
    (tmp_path / "mine.pbtxt").write_text("feature { nome: 3 }")
    with pytest.raises(UsageError, match="not a schema"):
        run(tmp_path, schema_params(config("schema: mine.pbtxt"), workspace), ["cat"])
    (tmp_path / "mine.pbtxt").write_text('feature { name: "image" type: BYTES }')
    with pytest.raises(UsageError, match="lacks the feature hash and label"):
        run(tmp_path, schema_params(config("schema: mine.pbtxt"), workspace), ["cat"])
