"""Thins an old trace: every second row of its older part goes, none where something happened. NumPy only.

A long run thins again and again, so a row's chance to stay halves with its age, while the newest quarter, the first
thousand rows, and the rows at and around a spike, a number that is not finite or an event are all there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from graduate.trace import format as layout

_FIRST = 1000  # rows at the start: warm-up and initialisation are judged there
_NEWEST = 0.25
_AROUND = 20  # rows before and after an event, 2 around a spike
_SPIKE = 6.0  # robust deviations of the loss or the log of the global gradient norm from their neighbourhood
_WINDOW = 101
_MOST_NOTABLE = 0.1  # of the rows: where everything is a spike nothing is


def thinned(content: bytes, groups: Sequence[layout.Group]) -> bytes:
    """The bytes of `blocks.bin` with about five eighths of the rows; events and what was told stay whole."""
    blocks = list(layout.scan(content, groups))
    rows = [block for block in blocks if block.kind == layout.ROWS and block.group == 0 and block.rows]
    keep = _kept(content, rows, groups[0], _happened(content, blocks))
    pieces, at = [], 0
    for block in blocks:
        payload = content[block.start : block.start + block.length]
        count = block.rows
        if block.kind == layout.ROWS and block.group == 0 and block.rows:
            mask = keep[at : at + block.rows]
            at += block.rows
            count = int(mask.sum())
            if not count:
                continue
            payload = _selected(payload, groups[0], block.rows, mask)
        pieces.append(layout.frame(block.kind, block.group, block.branch, block.base, count, payload))
    return b"".join(pieces)


def _kept(content: bytes, rows: Sequence[layout.Block], group: layout.Group, happened: Sequence[int]) -> np.ndarray:
    """(T,) bool: which rows stay."""
    steps = np.concatenate([np.zeros(0, np.int64), *(_steps(content, block) for block in rows)])
    count = len(steps)
    keep = np.arange(count) % 2 == 0
    keep[:_FIRST] = True
    keep[count - int(count * _NEWEST) :] = True
    keep |= _notable(_column(content, rows, group, "loss"))
    norms = _column(content, rows, group, "gradient_norm")
    with np.errstate(all="ignore"):
        keep |= _notable(np.log(np.sqrt(np.nansum(np.square(norms, dtype=np.float64), 1)))) if norms.ndim > 1 else False
    for step in happened:
        keep |= np.abs(steps - step) <= _AROUND
    return keep


def _notable(values: np.ndarray) -> np.ndarray:
    """(T,) bool: where a value leaves its neighbourhood, or is not finite, with two rows around it."""
    if not len(values):
        return np.zeros(0, bool)
    finite = np.isfinite(values)
    filled = np.where(finite, values, 0.0)
    middle = np.median(_neighbours(filled), axis=1)
    spread = np.median(np.abs(_neighbours(filled) - middle[:, None]), axis=1)
    score = np.abs(filled - middle) / (1.4826 * spread + 1e-12)
    far = score > _SPIKE
    most = int(_MOST_NOTABLE * len(values) / 5)
    if far.sum() > most:  # only the farthest
        far &= score >= np.partition(score, len(score) - max(most, 1))[len(score) - max(most, 1)]
    changes = np.flatnonzero(np.diff(finite.astype(np.int8)))  # where it begins and ends, not all of a broken stretch
    far[changes] = far[changes + 1] = True
    near = np.flatnonzero(far)[:, None] + np.arange(-2, 3)
    far[np.clip(near, 0, len(far) - 1)] = True
    return far


def _neighbours(values: np.ndarray) -> np.ndarray:
    """(T, ≤ 21) of each value a sample of the 101 around it: medians of all would take a long time."""
    window = min(_WINDOW, len(values) - (len(values) + 1) % 2)
    half = window // 2
    padded = np.pad(values, half, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, window)
    return views[:, :: max(1, window // 20)]


def _happened(content: bytes, blocks: Sequence[layout.Block]) -> list[int]:
    """Steps of events, and after which a branch began."""
    found = {block.base for block in blocks if block.branch}
    for block in blocks:
        if block.kind == layout.EVENT:
            found.add(int(json.loads(content[block.start : block.start + block.length])["step"]))
    return sorted(found)


def _steps(content: bytes, block: layout.Block) -> np.ndarray:
    return np.frombuffer(content, "<i8", block.rows, block.start)


def _column(content: bytes, rows: Sequence[layout.Block], group: layout.Group, name: str) -> np.ndarray:
    """(T,) or (T, width); (0,) where the group has no such column."""
    names = [column.name for column in group.columns]
    if name not in names:
        return np.zeros(0)
    column = group.columns[names.index(name)]
    before = sum(one.values for one in group.columns[: names.index(name)])
    parts = [
        np.frombuffer(content, "<f4", block.rows * column.values, block.start + block.rows * (8 + 4 * before))
        for block in rows
    ]
    found = np.concatenate([np.zeros(0, np.float32), *parts])
    return found.reshape(-1, column.width) if column.width else found


def _selected(payload: bytes, group: layout.Group, count: int, mask: np.ndarray) -> bytes:
    """The rows of a block that stay."""
    steps = np.frombuffer(payload, "<i8", count)[mask]
    columns, at = [], 8 * count
    for column in group.columns:
        values = np.frombuffer(payload, "<f4", count * column.values, at)
        values = values.reshape(count, column.width) if column.width else values
        columns.append(values[mask])
        at += 4 * count * column.values
    return layout.rows_payload(group, steps, columns)
