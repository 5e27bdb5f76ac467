"""Rows for `scale.py`: 20 numbers, two categories and a class, as ExampleGen would have written them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

NUMBERS = [f"n{at}" for at in range(20)]
CATEGORIES = {"city": 5000, "product": 300}  # values of each, the frequent ones far more so
SHARD = 10_000  # rows


def write(folder: Path, rows: int, seed: int = 7) -> None:
    """Shards of gzipped TFRecords in `folder/Split-train`; rows that lie there are kept."""
    import tensorflow as tf

    split = folder / "Split-train"
    done = folder / "done"
    if done.is_file():
        return
    split.mkdir(parents=True, exist_ok=True)
    options = tf.io.TFRecordOptions("GZIP", compression_level=1)
    for number, size in enumerate(_sizes(rows)):
        with tf.io.TFRecordWriter(str(split / f"data_tfrecord-{number:05d}.gz"), options) as writer:
            for row in _examples(number, size, seed):
                writer.write(row)
    done.touch()


def _sizes(rows: int) -> list[int]:
    return [min(SHARD, rows - start) for start in range(0, rows, SHARD)]


def _examples(number: int, size: int, seed: int) -> Iterator[bytes]:
    import tensorflow as tf

    generator = np.random.default_rng([seed, number])
    numbers = generator.normal(size=(size, len(NUMBERS))) * np.arange(1, 21) + np.arange(20)
    chosen = {name: generator.zipf(1.3, size) % most for name, most in CATEGORIES.items()}
    label = (numbers[:, 0] + numbers[:, 1] / 2 + chosen["city"] % 3 > 1).astype(int)
    for at in range(size):
        row = tf.train.Example()
        for name, value in zip(NUMBERS, numbers[at], strict=True):
            row.features.feature[name].float_list.value.append(value)
        for name, values in chosen.items():
            row.features.feature[name].bytes_list.value.append(f"{name}{values[at]}".encode())
        row.features.feature["label"].bytes_list.value.append(b"yes" if label[at] else b"no")
        place = f"rows.csv#{number * SHARD + at:08d}".encode()
        row.features.feature["path"].bytes_list.value.append(place)
        row.features.feature["hash"].bytes_list.value.append(hashlib.sha256(place).hexdigest()[:16].encode())
        yield row.SerializeToString(deterministic=True)
