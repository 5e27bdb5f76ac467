"""What Transform learns of a table, all of it in one pass over the training split.

An analyzer of tensorflow-transform a column would be a dozen Beam transforms a column, whose construction takes longer
than the pass; here one analyzer takes all columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import tensorflow as tf

import graduate.pipeline.tasks.sums as sums  # by its full name: the package itself names all tasks

SMALLEST = 1e-6  # a deviation, as a share of the mean: below it a column never varies
_NOBODY = np.iinfo(np.int64).max  # a key that no value has
_MOST = 1_000_000  # values of a column that are counted; beyond, the rare ones are forgotten
_EPSILON = 1e-3  # of a rank: how far a quantile may be off


class Learned(NamedTuple):
    """What was learned; n numbers, c categories.

    Attributes:
        mean, deviation: float64 (n,); a deviation is 1 where a number never varies.
        varies: bool (n,).
        missing: int64 (n,), rows of training that lack it.
        edges: float64 (b, most - 1): of each bucketed number what parts the buckets, rising; +inf where there are
            fewer.
        keys: int64 (V,), rising: hashes of the values that have a place.
        places: int64 (V,): 1 and on, by frequency in the column.
        counts: int64 (c,): how many places each category has.
    """

    mean: tf.Tensor
    deviation: tf.Tensor
    varies: tf.Tensor
    missing: tf.Tensor
    edges: tf.Tensor
    keys: tf.Tensor
    places: tf.Tensor
    counts: tf.Tensor


def learn(
    numbers: tf.Tensor, categories: tf.Tensor, buckets: Mapping[int, int], *, most: int, min_count: int
) -> Learned:
    """In Transform's graph.

    Args:
        numbers: float64 (B, n), NaN where missing.
        categories: int64 (B, c), hashes that differ from column to column, negative where missing.
        buckets: column of `numbers` → in how many it is parted.
        most: values of a category that get a place.
        min_count: rows of training that a value needs for it.
    """
    import tensorflow_transform as tft

    n, c = numbers.shape[1], categories.shape[1]
    edges = [len(buckets) + 1, max([2, *buckets.values()]) - 1]
    found = tft.experimental.ptransform_analyzer(
        # one column more of each kind: an analyzer cannot learn nothing
        [_wider(numbers), _wider(categories)],
        _Learn(tuple(sorted(buckets.items())), most, min_count),
        [tf.float64, tf.float64, tf.bool, tf.int64, tf.float64, tf.int64, tf.int64, tf.int64],
        [[n + 1], [n + 1], [n + 1], [n + 1], edges, [None], [None], [c + 1]],
    )
    learned = Learned(*found)
    of_numbers = {name: getattr(learned, name)[:n] for name in ("mean", "deviation", "varies", "missing")}
    return learned._replace(**of_numbers, edges=learned.edges[: len(buckets)], counts=learned.counts[:c])


def _wider(columns: tf.Tensor) -> tf.Tensor:
    return tf.pad(columns, [[0, 0], [0, 1]], constant_values=-1)


def placed(learned: Learned, categories: tf.Tensor) -> tf.Tensor:
    """int64 (B, c): the place of each value; 0 of what is missing, rare or new."""
    if not categories.shape[1]:
        return tf.zeros_like(categories)
    at = tf.searchsorted(learned.keys, tf.reshape(categories, [-1]))
    at = tf.reshape(tf.minimum(at, tf.shape(learned.keys)[0] - 1), tf.shape(categories))
    return tf.where(tf.gather(learned.keys, at) == categories, tf.gather(learned.places, at), 0)


@dataclass
class Pass:
    """What is gathered in a pass; two of them add up.

    Attributes:
        rows: seen.
        numbers: their sums.
        values: of each category rows by hash.
        sketches: of each bucketed number.
    """

    rows: int = 0
    numbers: sums.Sums = field(default_factory=sums.Sums)
    values: list[Counter[int]] = field(default_factory=list)
    sketches: list[Any] = field(default_factory=list)

    def add_values(self, values: Sequence[Mapping[int, int]]) -> None:
        """Rows of each category by hash."""
        self.values = self.values or [Counter() for _ in values]
        for own, more in zip(self.values, values, strict=True):
            own.update(more)
            if len(own) > _MOST:
                kept = Counter(dict(own.most_common(_MOST // 2)))
                own.clear()
                own.update(kept)


class _Learn(beam.PTransform):
    """Batches (numbers, categories) to the parts of `Learned`, an array each."""

    def __init__(self, buckets: Sequence[tuple[int, int]], most: int, min_count: int) -> None:
        super().__init__()
        self._given = tuple(buckets), most, min_count

    def expand(self, batches: Any) -> Any:
        learned = batches | "Learn" >> beam.CombineGlobally(_Combine(*self._given))
        return tuple(learned | name >> beam.Map(itemgetter(at)) for at, name in enumerate(Learned._fields))


class _Combine(beam.CombineFn):
    def __init__(self, buckets: Sequence[tuple[int, int]], most: int, min_count: int) -> None:
        self._buckets, self._most, self._min_count = buckets, most, min_count

    def create_accumulator(self) -> Pass:
        from tfx_bsl import sketches

        return Pass(sketches=[sketches.QuantilesSketch(_EPSILON, 2**31, 1) for _ in self._buckets])

    def add_input(self, seen: Pass, batch: tuple[np.ndarray, np.ndarray]) -> Pass:
        import pyarrow

        numbers, categories = batch
        there = np.isfinite(numbers)
        seen.rows += len(numbers)
        seen.numbers.add(numbers, there)
        seen.add_values([_counted(column) for column in categories.T])
        for (at, _), sketch in zip(self._buckets, seen.sketches, strict=True):
            sketch.AddValues(pyarrow.array(numbers[there[:, at], at]))
        return seen

    def merge_accumulators(self, several: Iterable[Pass]) -> Pass:
        whole = self.create_accumulator()
        for one in several:
            if one.rows:
                whole.rows += one.rows
                whole.numbers.merge(one.numbers)
                whole.add_values(one.values)
                for own, more in zip(whole.sketches, one.sketches, strict=True):
                    own.Merge(more)
        return whole

    def compact(self, seen: Pass) -> Pass:
        for sketch in seen.sketches:
            sketch.Compact()
        return seen

    def extract_output(self, seen: Pass) -> tuple[np.ndarray, ...]:
        mean, deviation = seen.numbers.moments()
        varies = deviation > SMALLEST * np.abs(mean)
        ranked = [self._ranked(values) for values in seen.values]
        pairs = sorted((key, place) for keys in ranked for place, key in enumerate(keys, 1))
        pairs.append((_NOBODY, 0))
        return (
            mean,
            np.where(varies, deviation, 1.0),
            varies,
            np.array([seen.rows - there for there in seen.numbers.count], np.int64),
            self._edges(seen.sketches),
            np.array([key for key, _ in pairs], np.int64),
            np.array([place for _, place in pairs], np.int64),
            np.array([len(keys) for keys in ranked], np.int64),
        )

    def _ranked(self, values: Counter[int]) -> list[int]:
        """Keys with a place, the most frequent first; what is as frequent in the order of the keys."""
        often = [(-count, key) for key, count in values.items() if count >= self._min_count]
        return [key for _, key in sorted(often)[: self._most]]

    def _edges(self, sketches: Sequence[Any]) -> np.ndarray:
        wide = max([2, *(number for _, number in self._buckets)])
        edges = np.full((len(sketches) + 1, wide - 1), np.inf)
        for row, (sketch, (_, number)) in enumerate(zip(sketches, self._buckets, strict=True)):
            quantiles = np.unique(sketch.GetQuantiles(number).to_pylist()[0])[1:-1]
            edges[row, : len(quantiles)] = quantiles
        return edges


def _counted(column: np.ndarray) -> dict[int, int]:
    keys, counts = np.unique(column[column >= 0], return_counts=True)
    return dict(zip(keys.tolist(), counts.tolist(), strict=True))
