"""ExampleGen and StatisticsGen as TFX runs them: real files in, examples, manifest and statistics out."""

import io
import json
import os
from pathlib import Path

import pytest
import tensorflow as tf
from PIL import Image
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.components.statistics_gen import executor as stock
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, standard_artifacts

from graduate.components.artifacts import Manifest
from graduate.errors import DataError
from graduate.pipeline.config import load
from graduate.pipeline.data import source, statistics
from graduate.pipeline.data.example_gen import ExampleGen
from graduate.pipeline.engines import DIRECT
from graduate.pipeline.workspace import Workspace

BEAM = ["--runner=BundleBasedDirectRunner", "--sdk_container_image=local"]
CONFIG = """\
name: pets
data: {split: {train: 0.5, eval: 0.25, test: 0.25}, %s}
training: {steps: 1}
evaluation: {bounds: {accuracy: {at_least: 0.5}}}
"""
KINDS = ("PNG", "JPEG", "BMP", "GIF")


def encoded(number: int, kind: str, mode: str = "L", size: tuple[int, int] = (9, 7)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, number if mode == "L" else (number, 0, 255)).save(out, kind)
    return out.getvalue()


def pets(root: Path) -> Path:
    """Two classes of 20 files: grey PNG, JPEG, BMP and GIF of 7 by 9 pixels, no two alike."""
    for number in range(40):
        kind = KINDS[number % 4]
        path = root / ("cat" if number < 20 else "dog") / f"{number:02d}.{kind.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(6 * number, kind))
    return root


class Ingest:
    """One ExampleGen over a config's `data` group; the artifacts it writes."""

    def __init__(self, folder: Path, data: str) -> None:
        (folder / "pets.yaml").write_text(CONFIG % data)
        workspace = Workspace.at(folder / "work")
        config = load(folder / "pets.yaml")
        digest = source.digest(source.resolve(config, workspace), workspace.cache)
        parameters = source.example_gen_parameters(config, workspace, digest)
        parameters.pop("splits")
        self.node = ExampleGen(**parameters)
        self.examples, self.manifest = standard_artifacts.Examples(), Manifest()
        self.examples.uri, self.manifest.uri = str(folder / "examples"), str(folder / "manifest")
        (folder / "manifest").mkdir()

    def run(self) -> "Ingest":
        executor = self.node.executor_spec.executor_class(BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM)))
        executor.Do({}, {"examples": [self.examples], "manifest": [self.manifest]}, self.node.exec_properties)
        return self

    def refused(self) -> str:
        with pytest.raises(DataError) as caught:
            self.run()
        return caught.value.render()

    def rows(self) -> dict[str, tuple[str, dict]]:
        """Every example by its path: split, and its features as values."""
        found = {}
        for split in artifact_utils.decode_split_names(self.examples.split_names):
            files = tf.io.gfile.glob(os.path.join(artifact_utils.get_split_uri([self.examples], split), "*.gz"))
            for record in tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator():
                features = tf.train.Example.FromString(record).features.feature
                values = {name: getattr(one, one.WhichOneof("kind")).value[0] for name, one in features.items()}
                found[values["path"].decode()] = split, values
        return found

    def lines(self, name: str) -> list[dict]:
        return [json.loads(line) for line in Path(self.manifest.uri, name).read_text().splitlines()]


def test_rows_of_every_format_come_in_with_their_features_beside_a_manifest(tmp_path):
    root = pets(tmp_path / "pets")
    done = Ingest(tmp_path, "images: pets").run()
    rows, manifest = done.rows(), done.lines("manifest.jsonl")
    assert [entry["path"] for entry in manifest] == sorted(rows)
    assert len(rows) == done.manifest.rows == 40
    for entry in manifest:
        split, row = rows[entry["path"]]
        assert row["image"] == (root / entry["path"]).read_bytes()
        assert (row["label"].decode(), split) == (entry["class"], entry["split"])
        assert entry["hash"].startswith(row["hash"].decode())
        assert (row["height"], row["width"]) == (7, 9)
        assert (entry["height"], entry["width"], entry["channels"]) == (7, 9, row["channels"])
        assert row["channels"] == (3 if entry["path"].endswith((".gif", ".bmp")) else 1)
    assert done.lines("skipped.jsonl") == []


def spoil(root: Path) -> None:
    (root / "cat" / "00.png").write_bytes(b"")
    for name in ("cat/01.jpeg", "cat/02.bmp", "cat/03.gif", "cat/04.png"):
        (root / name).write_bytes((root / name).read_bytes()[:-30])
    (root / "dog" / "36.png").write_text("not an image")


def test_bad_rows_stop_the_run_with_their_names_reasons_and_a_list_of_all(tmp_path):
    spoil(pets(tmp_path / "pets"))
    text = Ingest(tmp_path, "images: pets").refused()
    assert "6 bad rows" in text
    assert "cat/00.png: it is empty" in text
    assert "cat/01.jpeg: it is truncated or damaged" in text
    assert "and 1 more" in text
    assert "data.bad_rows: skip" in text
    [listed] = (tmp_path / "work" / "cache" / "bad_rows").iterdir()
    assert str(listed) in text
    assert "it is not a PNG" in listed.read_text()


def test_bad_rows_are_skipped_and_listed_where_the_config_says_so(tmp_path):
    spoil(pets(tmp_path / "pets"))
    done = Ingest(tmp_path, "images: pets, bad_rows: skip").run()
    assert len(done.rows()) == 34
    assert [row["path"] for row in done.lines("skipped.jsonl")] == [
        "cat/00.png",
        "cat/01.jpeg",
        "cat/02.bmp",
        "cat/03.gif",
        "cat/04.png",
        "dog/36.png",
    ]


def test_more_bad_rows_than_the_limit_stop_the_run(tmp_path):
    spoil(pets(tmp_path / "pets"))
    text = Ingest(tmp_path, "images: pets, bad_rows: skip, max_bad_rows: 5").refused()
    assert "more than data.max_bad_rows: 5" in text


def test_input_that_changed_since_it_was_fingerprinted_is_an_error(tmp_path):
    root = pets(tmp_path / "pets")
    ingest = Ingest(tmp_path, "images: pets")
    (root / "cat" / "00.png").rename(root / "dog" / "00.png")
    assert "changed while the run was starting" in ingest.refused()


def records(path: Path, rows: list[dict], compression: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for row in rows:
            feature = {}
            for name, value in row.items():
                if isinstance(value, int):
                    feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
                else:
                    feature[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def test_rows_of_tfrecords_land_by_content_and_a_row_without_its_feature_is_bad(tmp_path):
    rows = [{"img": encoded(6 * number, "PNG"), "kind": number % 2} for number in range(40)]
    records(tmp_path / "pets" / "a.tfrecord", rows[:20])
    records(tmp_path / "pets" / "b.tfrecord.gz", [*rows[20:], rows[0], {"img": b"", "kind": 1}, {"kind": 1}], "GZIP")
    keys = "tfrecords: 'pets/*', image_feature: img, label_feature: kind, bad_rows: skip"
    done = Ingest(tmp_path, keys).run()
    found = done.rows()
    assert len(found) == 41
    assert found["a.tfrecord#000001"][1]["label"] == b"1"
    assert found["a.tfrecord#000000"][0] == found["b.tfrecord.gz#000020"][0], "the same content, the same split"
    assert [row["reason"] for row in done.lines("skipped.jsonl")] == [
        "it is empty (0 bytes)",
        "it has no feature img (it has: kind)",
    ]


def test_rows_of_tfrecords_stay_together_by_a_feature(tmp_path):
    rows = [{"image": encoded(4 * number, "PNG"), "label": b"x", "who": number % 20} for number in range(60)]
    records(tmp_path / "pets.tfrecord", rows)
    found = Ingest(tmp_path, "tfrecords: pets.tfrecord, group_by: who").run().rows()
    for number in range(20):
        assert len({found[f"pets.tfrecord#{position:06d}"][0] for position in (number, number + 20, number + 40)}) == 1


def test_a_tfrecord_file_that_is_cut_short_is_named(tmp_path):
    records(tmp_path / "pets.tfrecord", [{"image": encoded(1, "PNG"), "label": b"x"}] * 3)
    path = tmp_path / "pets.tfrecord"
    path.write_bytes(path.read_bytes()[:-10])
    assert "pets.tfrecord is not a whole TFRecord file" in Ingest(tmp_path, "tfrecords: pets.tfrecord").refused()


@pytest.mark.slow
def test_statistics_in_memory_are_those_of_the_stock_node(tmp_path, monkeypatch):
    pets(tmp_path / "pets")
    examples = Ingest(tmp_path, "images: pets").run().examples
    node = statistics.StatisticsGen(examples=ExampleGen(**PARAMETERS).outputs["examples"])
    assert node.id == "StatisticsGen"
    results = []
    for number, engine in enumerate(([], ["a cluster"], [])):
        if engine:
            monkeypatch.setattr(statistics, "IN_MEMORY", 0)
        monkeypatch.setattr(statistics, "ALONE", (engine or BEAM)[0])
        monkeypatch.setattr(statistics, "_TABLE", 2**20 if number < 2 else 500)  # bytes: one table, or many
        out = standard_artifacts.ExampleStatistics()
        out.uri = str(tmp_path / f"statistics{number}")
        executor = statistics.StatisticsExecutor(BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM)))
        executor.Do({"examples": [examples]}, {"statistics": [out]}, node.exec_properties)
        results.append(_by_feature(out))
    assert results[0] == results[1] == results[2]
    assert {name for _, name in results[0]} == {"image", "label", "path", "hash", "height", "width", "channels"}


def test_statistics_are_left_to_engines_of_several_processes_where_there_is_much():
    alone, much = list(DIRECT), statistics.IN_MEMORY + 1
    assert statistics.ALONE in alone
    assert not statistics.apart(much, alone)
    assert statistics.apart(much, ["--runner=FlinkRunner"])
    assert statistics.apart(much, None)
    assert not statistics.apart(statistics.IN_MEMORY, ["--runner=FlinkRunner"])


PARAMETERS = {"data": '{"kind": "images"}', "input_path": "", "digest": "", "cache": ""}


def _by_feature(given: standard_artifacts.ExampleStatistics) -> dict:
    found = {}
    for split in artifact_utils.decode_split_names(given.split_names):
        path = Path(artifact_utils.get_split_uri([given], split), stock.DEFAULT_FILE_NAME)
        [dataset] = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes()).datasets
        found.update({(split, one.path.step[0]): (dataset.num_examples, one) for one in dataset.features})
    return found
