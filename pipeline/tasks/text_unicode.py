"""One form for each character, in TensorFlow's own operations: Unicode's decompositions NFD and NFKD.

A letter with an accent is written as one character or as two, and both look alike. TensorFlow has no operation that
makes them one, so Unicode's tables (Python's `unicodedata`) lie in the graph: serving needs nothing else. Texts are
decomposed, not composed again (NFC, NFKC): whether two of them are the same does not depend on it.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import tensorflow as tf

NONE = "none"
FORMS: Mapping[str, Literal["NFD", "NFKD"]] = {"nfd": "NFD", "nfkd": "NFKD"}
_LAST = 0x30000  # beyond it no character has a decomposition or a class
_HIGHEST = 0x110000
_BLOCK = 128  # characters that share a row of a table: most blocks are empty, and are one


def normalised(texts: tf.Tensor, form: str) -> tf.Tensor:
    """(B,) UTF-8, without bytes that are none, to the form `nfd` or `nfkd` (or `none`)."""
    if form == NONE:
        return texts
    tables = _tables(FORMS[form])
    concerned = tf.where(tf.strings.regex_full_match(texts, tables.concerned))
    changed = _decomposed(tf.gather_nd(texts, concerned), tables)
    return tf.tensor_scatter_nd_update(texts, concerned, changed)


class _Table(NamedTuple):
    """A number for each character, 0 for most: `rows[blocks[c // 128], c % 128]`."""

    blocks: np.ndarray
    rows: np.ndarray

    def of(self, characters: tf.Tensor) -> tf.Tensor:
        places = tf.gather(self.blocks, characters // _BLOCK) * _BLOCK + characters % _BLOCK
        return tf.gather(self.rows.reshape(-1), places)


class _Tables(NamedTuple):
    """What is known of a form.

    Attributes:
        concerned: a pattern of whole texts that may have to be changed.
        decompositions: number of each character's decomposition; 0: it has none.
        starts, lengths: of decompositions, in `parts`.
        parts: all decompositions, one after the other.
        classes: combining class of each character: marks of other classes stand in the order of these.
    """

    concerned: str
    decompositions: _Table
    starts: np.ndarray
    lengths: np.ndarray
    parts: np.ndarray
    classes: _Table


def _decomposed(texts: tf.Tensor, tables: _Tables) -> tf.Tensor:
    characters = tf.strings.unicode_decode(texts, "UTF-8")
    numbers = tables.decompositions.of(characters.flat_values)
    lengths = tf.gather(tables.lengths, numbers)  # 1 where it has none
    ends = tf.cumsum(lengths)
    source = tf.repeat(tf.range(tf.size(lengths)), lengths)
    place = tf.range(tf.size(source)) - tf.gather(ends - lengths, source)
    number = tf.gather(numbers, source)
    parts = tf.gather(tables.parts, tf.gather(tables.starts, number) + place)
    flat = tf.where(number > 0, parts, tf.gather(characters.flat_values, source))
    splits = tf.gather(tf.concat([[0], ends], 0), characters.row_splits)
    classes = tables.classes.of(flat)
    wrong = tf.reduce_any((classes[:-1] > classes[1:]) & (classes[1:] > 0))  # rare, and sorting is most of the work
    ordered = tf.cond(wrong, lambda: tf.gather(flat, _order(classes, splits)), lambda: tf.identity(flat))
    return tf.strings.unicode_encode(tf.RaggedTensor.from_row_splits(ordered, splits, validate=False), "UTF-8")


def _order(classes: tf.Tensor, splits: tf.Tensor) -> tf.Tensor:
    """Where each character comes from: marks after the same letter by rising class, those of one class as they were."""
    begins = tf.scatter_nd(splits[:, None], tf.ones_like(splits), [tf.size(classes) + 1])[:-1] > 0
    letters = tf.cumsum(tf.cast((classes == 0) | begins, tf.int64))
    return tf.argsort(letters * 256 + tf.cast(classes, tf.int64), stable=True)


@functools.lru_cache
def _tables(form: Literal["NFD", "NFKD"]) -> _Tables:
    changed = {}
    for code in range(_LAST):
        parts = unicodedata.normalize(form, chr(code))
        if parts != chr(code) and not 0xD800 <= code < 0xE000:
            changed[code] = tuple(map(ord, parts))
    distinct = list(dict.fromkeys(changed.values()))
    number_of = {parts: 1 + at for at, parts in enumerate(distinct)}
    lengths = np.array([1, *map(len, distinct)], np.int32)
    marks = {code: unicodedata.combining(chr(code)) for code in range(_LAST) if unicodedata.combining(chr(code))}
    mark = f"[{_ranges(marks)}]"
    return _Tables(
        concerned=rf"(?s).*(?:[{_ranges(changed)}]|{mark}{mark}).*",
        decompositions=_table({code: number_of[parts] for code, parts in changed.items()}),
        starts=np.concatenate([[0, 0], np.cumsum(lengths[1:-1])]).astype(np.int32),
        lengths=lengths,
        parts=np.array(list(itertools.chain.from_iterable(distinct)), np.int32),
        classes=_table(marks),
    )


def _table(values: dict[int, int]) -> _Table:
    whole = np.zeros(_HIGHEST, np.int32)
    whole[list(values)] = list(values.values())
    number_of: dict[bytes, int] = {}  # of each row that is not seen before: `numpy.unique` would sort them for a second
    blocks = [number_of.setdefault(row.tobytes(), len(number_of)) for row in whole.reshape(-1, _BLOCK)]
    rows = np.frombuffer(b"".join(number_of), np.int32).reshape(-1, _BLOCK)
    return _Table(np.array(blocks, np.int32), rows)


def _ranges(codes: Iterable[int]) -> str:
    """Characters as the inside of a class of RE2."""
    spans: list[list[int]] = []
    for code in sorted(codes):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(_span(span) for span in spans)


def _span(span: Sequence[int]) -> str:
    return rf"\x{{{span[0]:X}}}-\x{{{span[1]:X}}}"
