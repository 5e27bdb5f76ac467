"""Texts that share most of their words: MinHash (Broder 1997, "On the resemblance and containment of documents").

The signature of a text holds, for each of many hash functions, the least hash of its shingles. The share of equal
places of two signatures estimates the Jaccard similarity of their shingle sets, within 1 / sqrt(places).
"""

from __future__ import annotations

import base64
import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

PLACES, BANDS = 128, 32  # bands of 4: a pair of similarity 0.8 shares a band in all but 1 case of ten million
SIMILAR = 0.8
_SHINGLE = 3  # words
# Scripts that are written without spaces: each character is a word.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_WORDS = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")
_SKETCH, _SKETCH_BANDS = 64, 16  # as above, in an eighth of the room: similarity is estimated within 0.05 at 0.8
_EMPTY = np.uint64(2**64 - 1)


def minhash(texts: Sequence[str], *, places: int = PLACES, seed: int = 1) -> np.ndarray:
    """uint64 (N, places): signatures of texts. Case, punctuation and white space do not count.

    Args:
        texts: of which the shingles are every 3 words in a row; the words themselves where there are fewer.
        places: how many hash functions.
        seed: of the hash functions.
    """
    salts = _mix(np.arange(1, places + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed))
    signatures = np.full((len(texts), places), _EMPTY, np.uint64)
    for row, text in enumerate(texts):
        hashes = _shingles(text)
        if len(hashes):
            signatures[row] = _mix(hashes[:, None] ^ salts[None]).min(axis=0)
    return signatures


def sketches(texts: Sequence[str]) -> list[str | None]:
    """Signatures of 64 places of 32 bits, each as 344 characters of text; None of a text without a word."""
    found = minhash(texts, places=_SKETCH)
    return [
        None if row[0] == _EMPTY else base64.b64encode(row.astype("<u4").tobytes()).decode("ascii") for row in found
    ]


def near_sketches(
    first: Sequence[str | None], second: Sequence[str | None], *, similar: float = SIMILAR
) -> list[tuple[int, int, float]]:
    """As `near_texts`, of sketches; of texts with one sketch the first stands for all."""
    here, there = ({one: at for at, one in reversed(list(enumerate(many))) if one} for many in (first, second))
    if not here or not there:
        return []
    a, b = (
        np.array([np.frombuffer(base64.b64decode(one), "<u4") for one in many], np.uint64) for many in (here, there)
    )
    near = near_texts(a, b, similar=similar, bands=_SKETCH_BANDS)
    at, names = list(here.values()), list(there)
    twin = {names[row]: (at[column], share) for column, row, share in near}
    return [(twin[one][0], row, twin[one][1]) for row, one in enumerate(second) if one in twin]


def near_texts(
    first: np.ndarray, second: np.ndarray, *, similar: float = SIMILAR, bands: int = BANDS
) -> list[tuple[int, int, float]]:
    """For each text of `second` that is like one of `first`, the one that it is most like.

    Args:
        first, second: signatures from `minhash`, (N, places) and (M, places).
        similar: the least Jaccard similarity.
        bands: into which a signature is cut; only texts that agree in a whole band are compared.

    Returns:
        (position in first, position in second, similarity), by the second. Texts without a word are like none.
    """
    width = first.shape[1] // bands
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for row in np.flatnonzero(first[:, 0] != _EMPTY).tolist():
        for band in range(bands):
            buckets[band, first[row, band * width : (band + 1) * width].tobytes()].append(row)
    found = []
    for row in np.flatnonzero(second[:, 0] != _EMPTY).tolist():
        candidates = sorted(
            {
                other
                for band in range(bands)
                for other in buckets.get((band, second[row, band * width : (band + 1) * width].tobytes()), ())
            }
        )
        if candidates:
            shares = (first[candidates] == second[row]).mean(axis=1)
            best = int(shares.argmax())
            if shares[best] >= similar:
                found.append((candidates[best], row, float(shares[best])))
    return found


def _shingles(text: str) -> np.ndarray:
    """uint64 (K,): the hashes of the shingles, of words by their CRC-32; one that meets another costs a shingle."""
    words = _WORDS.findall(text.casefold())
    hashes = _mix(np.fromiter((zlib.crc32(word.encode("utf-8", "replace")) for word in words), np.uint64, len(words)))
    if len(hashes) >= _SHINGLE:
        count = len(hashes) - _SHINGLE + 1
        together = np.zeros(count, np.uint64)
        for at in range(_SHINGLE):
            together = _mix(together ^ hashes[at : at + count] + np.uint64(at))
        hashes = together
    return np.unique(hashes)


def _mix(x: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): a bijection of 64 bits that leaves no trace of order."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
