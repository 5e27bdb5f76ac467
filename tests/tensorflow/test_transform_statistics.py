"""The Transform node: its statistics in memory are those that TFX's own executor computes in Beam."""

import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.components.transform import executor
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import transform_pb2
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import proto_utils

from graduate.pipeline import transform
from tests.tensorflow import tiny_images

SCHEMA = "".join(
    f'feature {{ name: "{name}" type: BYTES presence {{ min_fraction: 1 }} shape {{}} }}\n' for name in tiny_images.SPEC
)
OUTPUTS = {
    "transform_graph": standard_artifacts.TransformGraph,
    "transformed_examples": standard_artifacts.Examples,
    "pre_transform_schema": standard_artifacts.Schema,
    "pre_transform_stats": standard_artifacts.ExampleStatistics,
    "post_transform_schema": standard_artifacts.Schema,
    "post_transform_stats": standard_artifacts.ExampleStatistics,
    "post_transform_anomalies": standard_artifacts.ExampleAnomalies,
}


def artifact_at(kind, folder):
    made = kind()
    made.uri = str(folder)
    fileio.makedirs(made.uri)
    return made


def run(kind, prepared, folder):
    examples = artifact_at(standard_artifacts.Examples, prepared)
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    schema = artifact_at(standard_artifacts.Schema, folder / "schema")
    (folder / "schema" / "schema.pbtxt").write_text(SCHEMA)
    outputs = {name: [artifact_at(made, folder / name)] for name, made in OUTPUTS.items()}
    splits = transform_pb2.SplitsConfig(analyze=["train"], transform=["train", "eval"])
    properties = {
        "preprocessing_fn": "graduate.pipeline.tasks.image.preprocessing_fn",
        "custom_config": '{"size": [8, 8], "channels": 1, "normalise": "per_channel"}',
        "splits_config": proto_utils.proto_to_json(splits),
        "disable_statistics": 0,
    }
    args = ["--runner=BundleBasedDirectRunner"]
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=args, tmp_dir=str(folder / "tmp"), unique_id="1"
    )
    kind(context).Do({"examples": [examples], "schema": [schema]}, outputs, properties)
    return folder


@pytest.mark.slow
def test_statistics_schemas_and_anomalies_are_those_of_tfx(tmp_path):
    rows = tiny_images.bright_and_dark(24)
    for split, part in {"train": rows[:16], "eval": rows[16:]}.items():
        tiny_images._write(tmp_path / "examples" / f"Split-{split}", part)
    stock = run(executor.Executor, tmp_path / "examples", tmp_path / "stock")
    ours = run(transform.TransformExecutor, tmp_path / "examples", tmp_path / "ours")
    for name in ("pre_transform_stats", "post_transform_stats"):
        theirs, mine = (tfdv.load_stats_binary(str(f / name / "FeatureStats.pb")) for f in (stock, ours))
        assert by_feature(mine) == by_feature(theirs)
    for name in ("pre_transform_schema", "post_transform_schema"):
        theirs, mine = (tfdv.load_schema_text(str(f / name / "schema.pbtxt")) for f in (stock, ours))
        # ours keeps the bounds of the class index, which the graph's own round trip loses
        assert [(f.name, f.type) for f in mine.feature] == [(f.name, f.type) for f in theirs.feature]
    for f in (stock, ours):
        content = (f / "post_transform_anomalies" / "SchemaDiff.pb").read_bytes()
        assert not anomalies_pb2.Anomalies.FromString(content).anomaly_info


def by_feature(statistics):
    [dataset] = statistics.datasets
    features = {feature.path.step[0]: text_format.MessageToString(feature) for feature in dataset.features}
    return dataset.num_examples, features
