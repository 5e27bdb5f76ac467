"""Small image data as ExampleGen and Transform leave it: raw rows, a graph and its rows, by the real parts."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

SPEC = ("image", "label", "hash")


@dataclass(frozen=True)
class Prepared:
    """`examples` holds Split-train and Split-eval of raw rows, `transform_output` the graph, `transformed` its rows."""

    examples: Path
    transform_output: Path
    transformed: Path
    raw: Mapping[str, Sequence[Mapping[str, bytes]]]

    def fn_args(self, out: Path, custom_config: Mapping[str, Any]) -> SimpleNamespace:
        """What TFX's Trainer would hand to `run_fn`."""
        return SimpleNamespace(
            train_files=[str(self.transformed / "Split-train" / "*")],
            eval_files=[str(self.transformed / "Split-eval" / "*")],
            transform_output=str(self.transform_output),
            serving_model_dir=str(out / "model" / "Format-Serving"),
            model_run_dir=str(out / "model_run"),
            custom_config=dict(custom_config),
        )


def encode(pixels: np.ndarray, kind: str = "PNG", mode: str | None = None) -> bytes:
    """Pixels (H, W) or (H, W, 3) as a file."""
    image, out = Image.fromarray(pixels), io.BytesIO()
    (image.convert(mode) if mode else image).save(out, kind)
    return out.getvalue()


def row(raw: bytes, label: str) -> dict[str, bytes]:
    """A raw row as ExampleGen writes it, without what only statistics read."""
    return {"image": raw, "label": label.encode(), "hash": hashlib.sha256(raw).hexdigest()[:16].encode()}


def bright_and_dark(count: int, side: int = 8, seed: int = 0) -> list[dict[str, bytes]]:
    """Grey images of two classes that anything can tell apart."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        low = 150 if number % 2 else 0
        rows.append(row(encode(random.integers(low, low + 100, (side, side), np.uint8)), "bright" if low else "dark"))
    return rows


def prepare(
    folder: Path,
    train: Sequence[Mapping[str, bytes]],
    held_out: Sequence[Mapping[str, bytes]],
    config: Mapping[str, Any],
) -> Prepared:
    """Write raw rows, run `preprocessing_fn` through tensorflow_transform on Beam, write its graph and its rows."""
    import tensorflow as tf
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    from graduate.pipeline.tasks import image

    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in SPEC}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    raw = {"train": list(train), "eval": list(held_out)}
    for split, rows in raw.items():
        _write(folder / "examples" / f"Split-{split}", [dict(one) for one in rows])
    with tft_beam.Context(temp_dir=str(folder / "temporary")):
        (rows, out), graph = (list(train), metadata) | tft_beam.AnalyzeAndTransformDataset(
            lambda inputs: image.preprocessing_fn(inputs, config)
        )
        graph | tft_beam.WriteTransformFn(str(folder / "transform_output"))
        others, _ = ((list(held_out), metadata), graph) | tft_beam.TransformDataset()
    del out
    _write(folder / "transformed" / "Split-train", rows)
    _write(folder / "transformed" / "Split-eval", others)
    return Prepared(folder / "examples", folder / "transform_output", folder / "transformed", raw)


def _write(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import tensorflow as tf

    os.makedirs(folder)
    with tf.io.TFRecordWriter(str(folder / "rows-00000-of-00001.gz"), options="GZIP") as writer:
        for one in rows:
            features = {name: _feature(tf, value) for name, value in one.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def _feature(tf: Any, value: Any) -> Any:
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    values = np.atleast_1d(value)
    if values.dtype.kind == "f":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
