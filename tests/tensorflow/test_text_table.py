"""Texts in a column of a table, and in folders, as ExampleGen brings them in; and what is said of bad ones."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pandas
import pytest
import tensorflow as tf
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import artifact_utils, standard_artifacts

from graduate.components.artifacts import Manifest
from graduate.errors import DataError
from graduate.pipeline.config import load
from graduate.pipeline.data import source
from graduate.pipeline.data.example_gen import ExampleGen
from graduate.pipeline.workspace import Workspace

BEAM = ["--runner=BundleBasedDirectRunner", "--sdk_container_image=local"]
CONFIG = """\
name: reviews
task: text
data: {%s}
training: {steps: 1}
evaluation: {split: eval, bounds: {accuracy: {at_least: 0.5}}}
"""
SPLIT = "split: {train: 0.6, eval: 0.4}"
ROWS = [
    {"id": number, "review": f'Ein, "Wort"\nund {number} 今天 😀', "stars": ("good", "bad")[number % 2]}
    for number in range(40)
]


def ingested(folder: Path, data: str) -> tuple[dict[str, tuple[str, dict]], list[dict]]:
    """Every example by its path, its split first; and the rows that were skipped."""
    (folder / "reviews.yaml").write_text(CONFIG % data)
    workspace, config = Workspace.at(folder / "work"), load(folder / "reviews.yaml")
    digest = source.digest(source.resolve(config, workspace), workspace.cache)
    parameters = source.example_gen_parameters(config, workspace, digest)
    parameters.pop("splits")
    node = ExampleGen(**parameters)
    examples, manifest = standard_artifacts.Examples(), Manifest()
    examples.uri, manifest.uri = str(folder / "examples"), str(folder / "manifest")
    (folder / "manifest").mkdir()
    executor = node.executor_spec.executor_class(BaseBeamExecutor.Context(beam_pipeline_args=list(BEAM)))
    executor.Do({}, {"examples": [examples], "manifest": [manifest]}, node.exec_properties)
    found = {}
    for split in artifact_utils.decode_split_names(examples.split_names):
        names = tf.io.gfile.glob(os.path.join(artifact_utils.get_split_uri([examples], split), "*.gz"))
        for record in tf.data.TFRecordDataset(names, "GZIP").as_numpy_iterator():
            features = tf.train.Example.FromString(record).features.feature
            values = {name: getattr(one, one.WhichOneof("kind")).value[0] for name, one in features.items()}
            found[values["path"].decode()] = split, values
    skipped = [json.loads(line) for line in Path(manifest.uri, "skipped.jsonl").read_text().splitlines()]
    return found, skipped


def refused(folder: Path, data: str) -> str:
    with pytest.raises(DataError) as caught:
        ingested(folder, data)
    return caught.value.render()


def written(path: Path, rows: list[dict]) -> Path:
    """A table in the kind that its ending says."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pandas.DataFrame(rows).to_parquet(path)
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_texts_of_a_column_come_in_whole_with_their_classes(tmp_path, ending):
    written(tmp_path / f"reviews.{ending}", ROWS)
    found, skipped = ingested(tmp_path, f"texts: reviews.{ending}, text: review, label: stars, {SPLIT}")
    assert not skipped
    assert len(found) == len(ROWS)
    for number, row in enumerate(ROWS):
        split, values = found[f"reviews.{ending}#{number:06d}"]
        assert split in ("train", "eval")
        assert values["text"].decode() == row["review"]
        assert values["label"].decode() == row["stars"]
        assert values["words"] == len(row["review"].split())


def test_a_split_is_of_the_text_and_not_of_the_kind_of_file(tmp_path):
    splits = []
    for ending in ("csv", "jsonl"):
        folder = tmp_path / ending
        folder.mkdir()
        written(folder / f"reviews.{ending}", ROWS)
        found, _ = ingested(folder, f"texts: reviews.{ending}, text: review, label: stars, {SPLIT}")
        splits.append({values["text"]: split for split, values in found.values()})
    assert splits[0] == splits[1]


def test_columns_named_text_and_label_need_not_be_told(tmp_path):
    written(tmp_path / "reviews.csv", [{"text": row["review"], "label": row["stars"]} for row in ROWS])
    found, _ = ingested(tmp_path, f"texts: reviews.csv, {SPLIT}")
    assert len(found) == len(ROWS)


def test_ready_made_files_keep_their_splits(tmp_path):
    (tmp_path / "reviews").mkdir()
    written(tmp_path / "reviews" / "train.csv", ROWS[:30])
    written(tmp_path / "reviews" / "eval.jsonl", ROWS[30:])
    found, _ = ingested(tmp_path, "texts: reviews, text: review, label: stars")
    assert {path.split("#")[0]: split for path, (split, _) in found.items()} == {
        "train.csv": "train",
        "eval.jsonl": "eval",
    }


def test_rows_of_a_group_stay_together(tmp_path):
    written(tmp_path / "reviews.csv", [{**row, "author": f"a{row['id'] // 4}"} for row in ROWS])
    found, _ = ingested(tmp_path, f"texts: reviews.csv, text: review, label: stars, group_by: author, {SPLIT}")
    by_author = {}
    for path, (split, _) in found.items():
        by_author.setdefault(int(path.rpartition("#")[2]) // 4, set()).add(split)
    assert all(len(splits) == 1 for splits in by_author.values())


def test_bad_rows_are_named_and_left_out(tmp_path):
    bad = [
        {"id": 90, "review": None, "stars": "good"},
        {"id": 91, "review": " \n", "stars": "good"},
        {"id": 92, "review": 7, "stars": "good"},
        {"id": 93, "review": "fine", "stars": None},
        {"id": 94, "review": "\ud83d half", "stars": "good"},
        {"id": 95, "review": "nul \0", "stars": "good"},
    ]
    written(tmp_path / "reviews.jsonl", [*ROWS, *bad])
    found, skipped = ingested(tmp_path, f"texts: reviews.jsonl, text: review, label: stars, bad_rows: skip, {SPLIT}")
    assert len(found) == len(ROWS)
    assert [row["reason"] for row in skipped] == [
        "the text review is missing",
        "it holds nothing but white space",
        "the text review is '7', no text",
        "the label stars is missing",
        "the text review holds half of a surrogate pair",
        "it holds NUL bytes: it is no text",
    ]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("text: reviev, label: stars", "reviews.csv has no column reviev\n\nhint: did you mean review?"),
        ("text: review, label: star", "reviews.csv has no column star\n\nhint: did you mean stars?"),
        ("text: review", "reviews.csv has no column label\n\nhint: columns: id, review, stars"),
        ("text: review, label: stars, group_by: x", "reviews.csv has no column x"),
        ("text: review, label: review", "the text and its label are one column, review"),
        ("text: review, label: id", "the label id has 40 classes in 40 rows, nearly one a row"),
    ],
)
def test_columns_that_cannot_be_meant_are_said(tmp_path, columns, said):
    written(tmp_path / "reviews.csv", ROWS)
    assert said in refused(tmp_path, f"texts: reviews.csv, {columns}, {SPLIT}")


def test_a_missing_table_is_said_in_one_sentence(tmp_path):
    assert "the table" in refused(tmp_path, f"texts: reviews.csv, {SPLIT}")
