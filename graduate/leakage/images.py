"""Images that look alike: the same picture encoded again, resized, a little brighter or noisier.

A look is the picture at 8 × 8 grey levels. Two pictures are near where their looks correlate and where the signs of
their low frequencies agree as well: the second keeps apart what is alike only in that it is light above and dark
below. The signs are the perceptual hash of Zauner (2010, "Implementation and Benchmarking of Perceptual Image Hash
Functions", section 3.2.1), of the look instead of a 32 × 32 picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SIDE = 8
# Of 1,797 handwritten digits at 8 × 8 no two correlate by 0.995, while JPEG at quality 80 and noise of 3 grey levels
# leave 0.996 and more.
CORRELATION = 0.995
DIFFERENT_SIGNS = 12  # of 63: JPEG at quality 80 of such a small picture changes up to 12
_FLAT = 2.0  # grey levels of deviation: below, a picture shows nothing that could be alike
_BLOCK = 1024
_MOST_PAIRS = 20_000_000_000  # of rows that are compared, a minute or two: of more an even share is looked at


def look(thumbnail: np.ndarray) -> str | None:
    """A picture's look as text.

    Args:
        thumbnail: uint8 (8, 8), grey, averaged down from the whole picture.

    Returns:
        128 hexadecimal characters, or None where the picture is of one grey.
    """
    return thumbnail.tobytes().hex() if float(thumbnail.std()) >= _FLAT else None


def near_images(
    first: Sequence[str | None],
    second: Sequence[str | None],
    *,
    correlation: float = CORRELATION,
    different_signs: int = DIFFERENT_SIGNS,
) -> list[tuple[int, int, float]]:
    """For each picture of `second` that looks like one of `first`, the one that it is most like.

    Args:
        first, second: looks; None is like nothing.

    Returns:
        (position in first, position in second, correlation), by the second.
    """
    here, there = _kept(first), _kept(second)
    if not len(here) or not len(there):
        return []
    step = max(1, -(-len(here) * len(there) // _MOST_PAIRS))
    here = here[::step]
    a, b = _grey(first, here), _grey(second, there)
    signs_a, signs_b = _signs(a), _signs(b)
    unit_a, unit_b = _unit(a), _unit(b)
    found = []
    for start in range(0, len(there), _BLOCK):
        part = slice(start, start + _BLOCK)
        alike = unit_b[part] @ unit_a.T
        differing = (signs_a.shape[1] - signs_b[part] @ signs_a.T) / 2
        alike[differing > different_signs + 0.5] = -1.0
        best = alike.argmax(axis=1)
        for row, column in enumerate(best.tolist()):
            if alike[row, column] >= correlation:
                found.append((int(here[column]), int(there[start + row]), float(alike[row, column])))
    return found


def _kept(looks: Sequence[str | None]) -> np.ndarray:
    return np.array([at for at, one in enumerate(looks) if one], np.int64)


def _grey(looks: Sequence[str | None], at: np.ndarray) -> np.ndarray:
    content = b"".join(bytes.fromhex(looks[i] or "") for i in at.tolist())
    return np.frombuffer(content, np.uint8).reshape(len(at), SIDE, SIDE).astype(np.float32)


def _unit(grey: np.ndarray) -> np.ndarray:
    flat = grey.reshape(len(grey), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _signs(grey: np.ndarray) -> np.ndarray:
    """float32 (N, 63) of ±1: which coefficients of the discrete cosine transform lie above their median."""
    frequency, place = np.arange(SIDE)[:, None], np.arange(SIDE)[None]
    cosines = np.cos(np.pi * (2 * place + 1) * frequency / (2 * SIDE)).astype(np.float32)
    coefficients = (cosines @ grey @ cosines.T).reshape(len(grey), -1)[:, 1:]
    return np.where(coefficients > np.median(coefficients, axis=1, keepdims=True), 1.0, -1.0).astype(np.float32)
