"""Transform's output as arrays: what the training loop takes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graduate.errors import DataError
from graduate.training import Rows
from graduate.training.targets import Target

MEMORY = 1 << 30  # bytes of inputs of one split that stay in memory; more go to a file
_BATCH = 1024


@dataclass(frozen=True)
class Split:
    """The rows of one split as the task keeps them, (N, …), and the constants that Transform learned, by name."""

    rows: Rows
    constants: Mapping[str, np.ndarray]


def read(
    patterns: Sequence[str],
    task: Any,
    config: Mapping[str, Any],
    spill: Path,
    memory: int = MEMORY,
    most: int | None = None,
) -> Split:
    """Read every row of a split.

    Args:
        patterns: of the gzipped TFRecord files.
        task: a module of `pipeline.tasks`.
        config: the groups `task`, `transform` and `model`, as JSON values.
        spill: a file for the inputs where they are more than `memory` bytes; it need not exist.
        most: rows are enough: no more batches are read then.

    Raises:
        DataError: the split has no rows.
    """
    inputs = _Inputs(spill, memory)
    labels, hashes, constants = [], [], dict[str, np.ndarray]()
    target = target_of(config)
    for parsed in _batches(patterns, task, config):
        inputs.add(task.inputs(parsed, config).numpy())
        labels.append(_labels(parsed[task.LABEL_FEATURE].numpy(), target))
        hashes.append(parsed[task.HASH_FEATURE].numpy())
        constants = constants or {name: parsed[name].numpy()[0] for name in task.constant_features(config)}
        if most is not None and sum(map(len, labels)) >= most:
            break
    if not labels:
        raise DataError(
            f"the {_split_name(patterns)} split has no rows", hint="more data, or another data.split", where="Trainer"
        )
    rows = Rows(inputs.array(), np.concatenate(labels), np.concatenate(hashes).astype("S16"))
    return Split(rows, constants)


def _batches(patterns: Sequence[str], task: Any, config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    import tensorflow as tf

    spec = {
        **task.transformed_features(config),
        **task.constant_features(config),
        task.LABEL_FEATURE: _label_feature(target_of(config)),
        task.HASH_FEATURE: tf.io.FixedLenFeature([], tf.string),
    }
    names = sorted(tf.io.gfile.glob(list(patterns)))
    if names:
        for batch in tf.data.TFRecordDataset(names, compression_type="GZIP").batch(_BATCH):
            yield tf.io.parse_example(batch, spec)


def target_of(config: Mapping[str, Any]) -> Target:
    """What a label is: `class` where the config does not say."""
    return config.get("data", {}).get("target", "class")


def _label_feature(target: Target) -> Any:
    import tensorflow as tf

    if target == "class":
        return tf.io.FixedLenFeature([], tf.int64)
    return tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True)


def _labels(found: np.ndarray, target: Target) -> np.ndarray:
    """int32 (N,) of classes; float32 (N, K) of labels and numbers."""
    return found.astype(np.int32 if target == "class" else np.float32)


def _split_name(patterns: Sequence[str]) -> str:
    """`…/Split-train/*` is train."""
    return os.path.basename(os.path.dirname(patterns[0])).removeprefix("Split-") if patterns else "train"


class _Inputs:
    """Batches of one dtype and shape, gathered in memory, or in a file once they are too many."""

    def __init__(self, spill: Path, memory: int) -> None:
        self._spill, self._memory = spill, memory
        self._held: list[np.ndarray] = []
        self._rows = self._bytes = 0
        self._spilled = False

    def add(self, batch: np.ndarray) -> None:
        self._held.append(batch)
        self._rows += len(batch)
        self._bytes += batch.nbytes
        self._kind, self._shape = batch.dtype, batch.shape[1:]
        if self._spilled or self._bytes > self._memory:
            self._write()

    def array(self) -> np.ndarray:
        """(N, …)."""
        if not self._spilled:
            return np.concatenate(self._held)
        return np.memmap(self._spill, self._kind, "r", shape=(self._rows, *self._shape))

    def _write(self) -> None:
        self._spill.parent.mkdir(parents=True, exist_ok=True)
        with open(self._spill, "ab" if self._spilled else "wb") as opened:
            for batch in self._held:
                opened.write(batch.tobytes())
        self._held, self._spilled = [], True
