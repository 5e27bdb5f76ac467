"""Which of several workers the others wait for.

All of them take a step together, so a slow one makes all slow and none looks slower than another. What tells it is the
wait: a worker's own work on a step is its time without what it waited, inside the step, for the others' gradients.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_STEPS = 32  # at least, between two comparisons
_RATIO = 1.5  # of a worker's own work to the median of the others'
_WAITED = 0.2  # of a step's time, at least, is waited for that worker
_IN_A_ROW = 3  # comparisons that agree: one may be another process's doing


@dataclass(frozen=True)
class Slow:
    """A worker that the others wait for.

    Args:
        worker: its number.
        seconds: of its own work on a step.
        ratio: of that to the median of the others'.
        step: at which it was found.
    """

    worker: int
    seconds: float
    ratio: float
    step: int

    def __str__(self) -> str:
        return (
            f"worker {self.worker} is slow: its part of a step takes {self.seconds:.3g} s, {self.ratio:.1f} times the "
            "others' median, and they wait for it"
        )


class Crew:
    """The workers of one training; every worker has one, and all call `compare` at the same steps.

    Args:
        strategy: of several workers.
    """

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy
        self._calls = self._steps = 0
        self._seconds = self._waited = 0.0
        self._sums = np.zeros((_count(strategy), 2))
        self._compared_steps = 0
        self._row: list[int] = []  # who was slowest in the last comparisons, -1 where nobody was
        self._named: set[int] = set()
        self._gather: Any = None
        self.slow: list[Slow] = []

    def took(self, steps: int, seconds: float, waited: float) -> None:
        """Take note of a call of this worker; the first one traces and does not count."""
        self._calls += 1
        if self._calls > 1:
            self._steps, self._seconds, self._waited = (
                self._steps + steps,
                self._seconds + seconds,
                self._waited + waited,
            )

    def compare(self, step: int) -> Slow | None:
        """Now and then, compare: a worker that has been slow for a while, and was not named before."""
        if self._steps < _STEPS:
            return None
        shares = self._all([(self._seconds - self._waited) / self._steps, self._seconds / self._steps])
        self._sums += shares * self._steps
        self._compared_steps += self._steps
        self._steps, self._seconds, self._waited = 0, 0.0, 0.0
        worker, ratio = slowest(shares[:, 0].tolist(), float(shares[:, 1].max()))
        self._row = [*self._row, worker][-_IN_A_ROW:]
        if worker < 0 or self._row != [worker] * _IN_A_ROW or worker in self._named:
            return None
        self._named.add(worker)
        self.slow.append(Slow(worker, float(shares[worker, 0]), ratio, step))
        return self.slow[-1]

    def told(self) -> list[dict[str, Any]]:
        """Per worker, over all comparisons: own_seconds_per_step, waited_share, slow (whether it was named)."""
        if not self._compared_steps:
            return []
        means = self._sums / self._compared_steps
        return [
            {
                "worker": i,
                "own_seconds_per_step": float(own),
                "waited_share": float(max(0.0, 1 - own / whole)) if whole else 0.0,
                "slow": i in self._named,
            }
            for i, (own, whole) in enumerate(means)
        ]

    def _all(self, own: Sequence[float]) -> np.ndarray:
        """(workers, n): every worker's numbers, in every worker."""
        import tensorflow as tf

        if self._gather is None:
            count, replicas = len(self._sums), self._strategy.num_replicas_in_sync // len(self._sums)

            def add(values: tf.Tensor) -> tf.Tensor:
                context = tf.distribute.get_replica_context()
                number = context.replica_id_in_sync_group  # the first replica of a worker speaks for it
                row = tf.one_hot(number // replicas, count) * tf.cast(tf.equal(number % replicas, 0), tf.float32)
                return context.all_reduce(tf.distribute.ReduceOp.SUM, row[:, None] * values[None, :])

            spec = tf.TensorSpec([len(own)], tf.float32)
            self._gather = tf.function(lambda values: self._strategy.run(add, (values,)), [spec], autograph=False)
        found = self._gather(tf.constant(own, tf.float32))
        return self._strategy.experimental_local_results(found)[0].numpy().astype(np.float64)


def slowest(own: list[float], whole: float) -> tuple[int, float]:
    """The worker that the others wait for, and the ratio of its work to the median of theirs; -1 where there is none.

    Args:
        own: seconds of each worker's own work on a step.
        whole: seconds of a step.
    """
    worker = max(range(len(own)), key=lambda i: own[i])
    others = statistics.median(own[:worker] + own[worker + 1 :]) if len(own) > 1 else own[worker]
    ratio = own[worker] / others if others > 0 else float("inf")
    waited = own[worker] - others > _WAITED * whole
    return (worker, ratio) if ratio >= _RATIO and waited else (-1, ratio)


def _count(strategy: Any) -> int:
    from graduate.training.strategy import worker_count

    return worker_count(strategy)
