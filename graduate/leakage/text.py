"""Texts that share most of their words: MinHash (Broder 1997, "On the resemblance and containment of documents").

The signature of a text holds, for each of many hash functions, the least hash of its shingles. The share of equal
places of two signatures estimates the Jaccard similarity of their shingle sets, within 1 / sqrt(places).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

PLACES, BANDS = 128, 32  # bands of 4: a pair of similarity 0.8 shares a band in all but 1 case of ten million
SIMILAR = 0.8
_SHINGLE = 3  # words
_WORDS = re.compile(r"\w+", re.UNICODE)
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
    words = _WORDS.findall(text.casefold())
    together = [" ".join(words[i : i + _SHINGLE]) for i in range(len(words) - _SHINGLE + 1)] or words
    digests = (hashlib.blake2b(one.encode(), digest_size=8).digest() for one in set(together))
    return np.frombuffer(b"".join(digests), np.uint64)


def _mix(x: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser (Steele, Lea and Flood 2014): a bijection of 64 bits that leaves no trace of order."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))
