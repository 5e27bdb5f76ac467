"""Rows, and the order in which a training sees them.

Rows are sorted by content hash, so that the order in which they arrive (Beam promises none) does not matter. An epoch
is a permutation of them that depends on (seed, epoch) alone. Epochs run into one another without a gap: a batch that
does not fit the end of an epoch takes the rest from the start of the next, so every step has a full batch and every
row is seen once an epoch. The position of a training is therefore one number, the rows consumed so far, or (epoch,
index) in words.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from graduate.errors import DataError

_FINITE_ROWS = 4096  # looked at together


@dataclass(frozen=True)
class Rows:
    """One split.

    Args:
        inputs: array (N, …), or a dict of such; NumPy or memmap, any dtype.
        labels: array (N,) of class indices, or (N, …) of targets.
        hashes: array (N,) of content hashes (bytes, str or integers), which fix the order. None: they are computed from
            the rows' bytes, which reads all of them.
    """

    inputs: Any
    labels: np.ndarray
    hashes: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (*_parts(self.inputs), self.labels)}
        if self.hashes is not None:
            lengths.add(len(self.hashes))
        if len(lengths) != 1:
            raise DataError(f"inputs, labels and hashes have different numbers of rows: {sorted(lengths)}")
        if not len(self.labels):
            raise DataError("a split without rows", hint="change data.split, or add data")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def nbytes(self) -> int:
        """Bytes of the inputs."""
        return sum(part.nbytes for part in _parts(self.inputs))

    def order(self) -> np.ndarray:
        """int64 (N,): the rows sorted by content hash; equal contents by label."""
        labels = self.labels if self.labels.ndim == 1 else self.labels.reshape(len(self), -1)[:, 0]
        return np.lexsort((labels, self._keys)).astype(np.int64)

    def digest(self) -> str:
        """Hex that identifies the rows, in whatever order they came: of content hashes and labels."""
        order = self.order()
        return hashlib.sha256(self._keys[order].tobytes() + np.asarray(self.labels)[order].tobytes()).hexdigest()

    def finite(self) -> np.ndarray:
        """bool (N,): which rows hold no NaN and no infinity."""
        found = np.ones(len(self), bool)
        for part in (*_parts(self.inputs), self.labels):
            if np.issubdtype(part.dtype, np.floating):
                for rows in blocks(len(part), _FINITE_ROWS):
                    found[rows] &= np.isfinite(part[rows]).reshape(rows.stop - rows.start, -1).all(1)
        return found

    @functools.cached_property
    def _keys(self) -> np.ndarray:
        keys = np.asarray(self.hashes) if self.hashes is not None else content_hashes(self.inputs)
        return keys.astype("S" if isinstance(keys[0], bytes) else "U") if keys.dtype == object else keys

    def take(self, index: np.ndarray) -> tuple[Any, np.ndarray]:
        """Copies of the rows at `index`: (inputs, labels)."""
        if isinstance(self.inputs, dict):
            return {key: np.asarray(part[index]) for key, part in self.inputs.items()}, np.asarray(self.labels[index])
        return np.asarray(self.inputs[index]), np.asarray(self.labels[index])


def content_hashes(inputs: Any) -> np.ndarray:
    """S32 (N,): blake2b of the bytes of each row."""
    parts = _parts(inputs)
    digests = []
    for i in range(len(parts[0])):
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(np.ascontiguousarray(part[i]).tobytes())
        digests.append(digest.hexdigest())
    return np.array(digests, dtype="S32")


def permutation(rows: int, seed: int, epoch: int) -> np.ndarray:
    """int64 (rows,): the order of one epoch, a pure function of its arguments.

    Rows are sorted by a 64-bit hash of (seed, epoch, row): the same on every machine and with every NumPy, which
    `numpy.random` does not promise. The hash is SplitMix64's finaliser (Steele, Lea and Flood 2014).
    """
    key = _mix(np.array([seed], np.uint64))
    key = _mix(key ^ np.array([epoch], np.uint64))
    return np.argsort(_mix(key ^ np.arange(rows, dtype=np.uint64)), kind="stable")


class Order:
    """The endless sequence of rows of a training: permutation after permutation.

    Args:
        finite: leave out rows whose inputs or labels hold NaN or infinity.
    """

    def __init__(self, rows: Rows, seed: int, finite: bool = False) -> None:
        self._sorted = rows.order()
        if finite:
            self._sorted = self._sorted[rows.finite()[self._sorted]]
        self._seed = seed
        self._epochs: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._sorted)

    def slice(self, start: int, count: int) -> np.ndarray:
        """int64 (count,): the rows at positions `start` … `start + count - 1` of the sequence."""
        length, found = len(self), []
        while count > 0:
            epoch, index = divmod(start, length)
            found.append(self._epoch(epoch)[index : index + count])
            start, count = start + len(found[-1]), count - len(found[-1])
        return np.concatenate(found)

    def _epoch(self, epoch: int) -> np.ndarray:
        if epoch not in self._epochs:
            self._epochs = {known: order for known, order in self._epochs.items() if known == epoch - 1}
            self._epochs[epoch] = self._sorted[permutation(len(self), self._seed, epoch)]
        return self._epochs[epoch]


def once(rows: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Every row exactly once, in batches: (int32 (batches, batch) indices, float32 (batches, batch) weights).

    The last batch is filled up with row 0 at weight 0.
    """
    batches = -(-rows // batch)
    index = np.zeros(batches * batch, np.int32)
    index[:rows] = np.arange(rows)
    weights = np.zeros(batches * batch, np.float32)
    weights[:rows] = 1.0
    return index.reshape(batches, batch), weights.reshape(batches, batch)


def blocks(batches: int, per_block: int) -> Iterator[slice]:
    """Consecutive slices of at most `per_block` batches."""
    for start in range(0, batches, per_block):
        yield slice(start, min(start + per_block, batches))


def _parts(inputs: Any) -> list[np.ndarray]:
    return list(inputs.values()) if isinstance(inputs, dict) else [inputs]


def _mix(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
