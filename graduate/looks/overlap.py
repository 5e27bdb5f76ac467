"""Rows of one set that stand in another → one entry of the fact `overlap`.

Small discrete tables repeat rows by nature: `duplicate_expected` is then the share of training rows that equal another
training row, what a fresh row of the same source would do. Rows that were copied before a split repeat as well, but
there one half of the columns says the whole row, whereas rows that are equal by chance are far less often equal than
their halves: such rows are `natural` false, and nothing is expected to be shared.
Keys beyond the named ones: `shared_pairs` and `shared_pairs_share` (x equal and y equal), `label_conflicts` (share of
the shared rows whose label differs), `train_rows`, `train_duplicates`, `excess` (shared_share − duplicate_expected),
`all` (the other set is the training set itself or a part of it: every row is shared), `natural`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graduate.looks.arrays import first_array, is_text, named_arrays, some_rows
from graduate.looks.quiet import quiet

_PRIMES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


def row_hashes(rows: Any) -> np.ndarray:
    """A 64-bit number a row, equal for equal rows whatever the dtype of the numbers; uint64 of shape (rows,).

    Numbers are compared as float32 (so that rows which came through a tensor still match), −0 as 0.
    """
    named = named_arrays(rows)
    if not named:
        return np.zeros(0, np.uint64)
    length = min(len(array) for array in named.values())
    total = np.zeros(length, np.uint64)
    for number, array in enumerate(named.values()):
        with np.errstate(over="ignore"):
            total = (total ^ np.uint64(number)) * _PRIMES[0] + _hashed(array[:length])
    return total


def _hashed(array: np.ndarray) -> np.ndarray:
    if len(array) == 0:
        return np.zeros(0, np.uint64)
    if is_text(array):
        import hashlib

        joined = ["\0".join(map(str, np.ravel(row))) for row in array]
        return np.array(
            [int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest(), "little") for one in joined],
            np.uint64,
        )
    width = max(1, int(np.prod(array.shape[1:])))
    powers = _mixers(width)
    result = np.empty(len(array), np.uint64)
    piece = max(1, 2_000_000 // width)
    for start in range(0, len(array), piece):
        part = np.ascontiguousarray(array[start : start + piece].reshape(-1, width), dtype=np.float32) + np.float32(0)
        bits = part.view(np.uint32).astype(np.uint64)
        with np.errstate(over="ignore"):
            bits = (bits + np.uint64(1)) * _PRIMES[1]
            bits ^= bits >> np.uint64(29)
            result[start : start + piece] = (bits * powers).sum(axis=1, dtype=np.uint64)
    return result


def _mixers(width: int) -> np.ndarray:
    """Odd multipliers, one a column."""
    drawn = np.random.default_rng(20_240_607).integers(0, 2**63, width, dtype=np.uint64)
    return drawn * np.uint64(2) + np.uint64(1)


@quiet
def look(
    train_hashes: np.ndarray,
    other_hashes: np.ndarray,
    train_pairs: np.ndarray | None = None,
    other_pairs: np.ndarray | None = None,
    *,
    x_train: Any = None,
    x_other: Any = None,
) -> dict[str, Any]:
    """Facts of what two sets of rows share.

    Args:
        train_hashes: `row_hashes(x)` of the training rows.
        other_hashes: of the validation or evaluation rows.
        train_pairs: `row_hashes((x, y))` of the training rows.
        other_pairs: of the others.
        x_train: rows themselves, for `near_share`.
        x_other: likewise.
    """
    train, other = np.asarray(train_hashes), np.asarray(other_hashes)
    facts: dict[str, Any] = {"rows": len(other), "train_rows": len(train)}
    if not len(train) or not len(other):
        return facts
    inside = np.isin(other, train)
    repeated = _repeated(train)
    natural = repeats_by_nature(x_train) if x_train is not None and repeated > 0 else None
    facts["shared"] = int(inside.sum())
    facts["shared_share"] = float(inside.mean())
    facts["train_duplicates"] = repeated
    facts["duplicate_expected"] = 0.0 if natural is False else repeated
    if natural is not None:
        facts["natural"] = natural
    facts["excess"] = max(0.0, facts["shared_share"] - facts["duplicate_expected"])
    facts["all"] = bool(inside.all())
    if train_pairs is not None and other_pairs is not None and len(other_pairs) == len(other):
        pairs = np.isin(np.asarray(other_pairs), np.asarray(train_pairs))
        facts["shared_pairs"] = int((pairs & inside).sum())
        facts["shared_pairs_share"] = float((pairs & inside).mean())
        if facts["shared"]:
            facts["label_conflicts"] = float((inside & ~pairs).sum() / facts["shared"])
    near = _near_share(x_train, x_other)
    if near is not None:
        facts["near_share"] = near
    return facts


def _repeated(hashes: np.ndarray) -> float:
    """Share of rows that equal another row of the same set."""
    counts = np.unique(hashes, return_counts=True)[1]
    return float(counts[counts > 1].sum() / len(hashes))


def repeats_by_nature(rows: Any, limit: int = 2000) -> bool | None:
    """Do rows repeat because there are few different ones? None where no two are equal.

    Columns are cut in two at random. Where columns are few-valued, rows that agree in one half often differ in the
    other; copies of a row that anything tells apart agree in both. Of many rows those are taken whose hash is a
    multiple of some number, so that copies stay together; pairs that differ are counted up accordingly.
    """
    array = first_array(rows)
    if array is None or len(array) < 2:
        return None
    hashes, thin = row_hashes(array), max(1, len(array) // limit)
    flat = array[hashes % np.uint64(thin) == 0]
    flat = flat.reshape(len(flat), -1)
    flat = flat[:, :: max(1, flat.shape[1] // 512)]
    whole = _equal_pairs(row_hashes(flat))
    if whole == 0:
        return None if thin == 1 or _equal_pairs(hashes) == 0 else False
    if flat.shape[1] < 2:
        return is_text(flat) or bool((np.round(flat.astype(np.float64), 3) == flat.astype(np.float64)).all())
    rng = np.random.default_rng(7)
    told = []
    for _ in range(3):
        order = rng.permutation(flat.shape[1])
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        agreeing = [_equal_pairs(row_hashes(flat[:, half])) for half in halves]
        told.append(max(whole / (whole + (pairs - whole) * thin) for pairs in agreeing))
    return min(told) < 0.8


def _equal_pairs(hashes: np.ndarray) -> float:
    counts = np.unique(hashes, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)


def _near_share(x_train: Any, x_other: Any) -> float | None:
    """Share of up to 300 rows that have a near copy among the training rows, beyond what chance gives.

    Near: a tenth as far as the 20th nearest training row. Of rows drawn at random from d dimensions that happens to
    1 − (1 − 0.1^d)^19; d follows from how much farther the 200th is, which copies do not change. Exact copies are not
    counted.
    """
    mine, theirs = _flat_rows(x_train, 3000), _flat_rows(x_other, 300)
    if mine is None or theirs is None or mine.shape[1] != theirs.shape[1] or len(mine) < 400 or len(theirs) < 8:
        return None
    spread = mine.std(axis=0)
    keep = spread > 0
    if not keep.any():
        return None
    scale = np.maximum(spread[keep], 0.25 * np.median(spread[keep]))
    mine, theirs = mine[:, keep] / scale, theirs[:, keep] / scale
    squared = (theirs**2).sum(axis=1)[:, None] + (mine**2).sum(axis=1)[None] - 2 * theirs @ mine.T
    ordered = np.sqrt(np.maximum(np.partition(squared, (0, 19, 199), axis=1)[:, (0, 19, 199)], 0))
    nearest, near, far = ordered.T
    floor = 1e-4 * float(np.sqrt(mine.shape[1]))
    known = near > floor
    if not known.any():
        return 0.0
    dimensions = np.log(10) / max(float(np.median(np.log(np.maximum(far[known], 1e-12) / near[known]))), 1e-3)
    chance = 1 - (1 - 0.1**dimensions) ** 19
    share = float(((nearest < 0.1 * near) & (nearest > floor)).mean())
    return max(0.0, share - chance)


def _flat_rows(x: Any, limit: int) -> np.ndarray | None:
    array = first_array(x) if x is not None else None
    if array is None or is_text(array) or array.ndim < 2 or len(array) == 0:
        return None
    flat = some_rows(array, limit).reshape(-1, int(np.prod(array.shape[1:]))).astype(np.float32)
    flat = flat[:, np.linspace(0, flat.shape[1] - 1, min(flat.shape[1], 512)).astype(int)]
    return np.nan_to_num(flat.astype(np.float64))
