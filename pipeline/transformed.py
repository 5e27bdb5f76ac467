"""Transform's output as arrays: what the training loop takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import DataError
from graduate.pipeline.tasks import image
from graduate.training import Rows

MEMORY = 1 << 30  # bytes of pixels of one split that stay in memory; more go to a file
_BATCH = 1024


@dataclass(frozen=True)
class Split:
    """The rows of one split, uint8 images (N, H, W, C), and what Transform learned to normalise them, (C,) each."""

    rows: Rows
    mean: np.ndarray
    deviation: np.ndarray


def read(
    patterns: Sequence[str],
    shape: tuple[int, int, int],
    spill: Path,
    memory: int = MEMORY,
    most: int | None = None,
) -> Split:
    """Read every row of a split.

    Args:
        patterns: of the gzipped TFRecord files.
        shape: height, width, channels.
        spill: a file for the pixels where they are more than `memory` bytes; it need not exist.
        most: rows are enough: no more batches are read then.

    Raises:
        DataError: the split has no rows.
    """
    pixels = _Pixels(shape, spill, memory)
    labels, hashes, constants = [], [], None
    for parsed in _batches(patterns, shape[2]):
        pixels.add(image.decoded(parsed[image.RAW_FEATURE], shape).numpy())
        labels.append(parsed[image.LABEL_FEATURE].numpy())
        hashes.append(parsed[image.HASH_FEATURE].numpy())
        constants = constants or tuple(parsed[name].numpy()[0] for name in ("pixel_mean", "pixel_deviation"))
        if most is not None and sum(map(len, labels)) >= most:
            break
    if constants is None:
        raise DataError(
            f"the {_split_name(patterns)} split has no rows", hint="more data, or another data.split", where="Trainer"
        )
    rows = Rows(pixels.array(), np.concatenate(labels).astype(np.int32), np.concatenate(hashes).astype("S16"))
    return Split(rows, *constants)


def _batches(patterns: Sequence[str], channels: int) -> Iterator[dict[str, Any]]:
    import tensorflow as tf

    spec = {
        image.RAW_FEATURE: tf.io.FixedLenFeature([], tf.string),
        image.LABEL_FEATURE: tf.io.FixedLenFeature([], tf.int64),
        image.HASH_FEATURE: tf.io.FixedLenFeature([], tf.string),
        "pixel_mean": tf.io.FixedLenFeature([channels], tf.float32),
        "pixel_deviation": tf.io.FixedLenFeature([channels], tf.float32),
    }
    names = sorted(tf.io.gfile.glob(list(patterns)))
    if names:
        for batch in tf.data.TFRecordDataset(names, compression_type="GZIP").batch(_BATCH):
            yield tf.io.parse_example(batch, spec)


def _split_name(patterns: Sequence[str]) -> str:
    """`…/Split-train/*` is train."""
    return os.path.basename(os.path.dirname(patterns[0])).removeprefix("Split-") if patterns else "train"


class _Pixels:
    """Batches of images, gathered in memory, or in a file once they are too many."""

    def __init__(self, shape: tuple[int, int, int], spill: Path, memory: int) -> None:
        self._shape, self._spill, self._memory = shape, spill, memory
        self._held: list[np.ndarray] = []
        self._bytes = 0
        self._spilled = False

    def add(self, batch: np.ndarray) -> None:
        self._held.append(batch)
        self._bytes += batch.nbytes
        if self._spilled or self._bytes > self._memory:
            self._write()

    def array(self) -> np.ndarray:
        """uint8 (N, *shape)."""
        if not self._spilled:
            return np.concatenate(self._held)
        return np.memmap(self._spill, np.uint8, "r", shape=(self._bytes // int(np.prod(self._shape)), *self._shape))

    def _write(self) -> None:
        self._spill.parent.mkdir(parents=True, exist_ok=True)
        with open(self._spill, "ab" if self._spilled else "wb") as opened:
            for batch in self._held:
                opened.write(batch.tobytes())
        self._held, self._spilled = [], True
