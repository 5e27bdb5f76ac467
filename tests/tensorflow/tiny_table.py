"""Rows of a small table as ExampleGen's chunks make them, and as Transform leaves them, by the real parts."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate.pipeline.data import table_columns
from graduate.pipeline.data.listing import File
from graduate.pipeline.data.table_executor import Given, TableChunk

CONFIG = {"vocabulary": 100, "min_count": 2, "target": "class"}
KINDS = {"number": "float32", "date": "int64", "category": "string"}


def ingested(folder: Path, cells: Mapping[str, Sequence[Any]], **data: Any) -> tuple[TableChunk, Mapping[str, str]]:
    """All rows of a CSV file of these cells in one chunk, and the kinds of the columns."""
    with open(folder / "t.csv", "w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))
    given = {"label": "y", "target": "class", "columns": {}, "group_by": None, **data}
    found = table_columns.look(str(folder), [File("t.csv", "train", None, (0, 0, 0, 0))], given)
    (part,) = found.parts
    chunk = TableChunk("t", part=part, given=Given(given, {"train": 1.0}, str(folder), found.kinds, 1.0))
    chunk.examples()
    return chunk, found.kinds


def transformed(
    folder: Path,
    train: Sequence[bytes],
    kinds: Mapping[str, str],
    others: Sequence[bytes] = (),
    label: Any = None,
    **config: Any,
) -> tuple[list[dict[str, np.ndarray]], list[dict[str, np.ndarray]]]:
    """Serialised rows through `preprocessing_fn` on Beam: of training, and others by the same graph.

    Args:
        folder: for temporary files.
        train: raw rows that are analysed.
        kinds: of the columns.
        others: raw rows that are not.
        label: its feature; default a class.
        config: of Transform.
    """
    import tensorflow as tf
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    from graduate.pipeline.tasks import table

    spec = {name: tf.io.FixedLenFeature([], KINDS[kind]) for name, kind in kinds.items()}
    spec |= {"label": label or tf.io.FixedLenFeature([], tf.string), "hash": tf.io.FixedLenFeature([], tf.string)}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))

    def parsed(rows: Sequence[bytes]) -> list[dict[str, Any]]:
        return [{name: value.numpy() for name, value in tf.io.parse_single_example(row, spec).items()} for row in rows]

    with tft_beam.Context(temp_dir=str(folder / "temporary"), use_deep_copy_optimization=False):
        (rows, out), graph = (parsed(train), metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: table.preprocessing_fn(inputs, {**CONFIG, **config})
        )
        held_out = []
        if others:
            (held_out, _) = ((parsed(others), metadata), graph) | tft_beam.TransformDataset()
    del out
    return list(rows), list(held_out)
