"""The processes that train together, as TF_CONFIG describes them, and what the chief has for all of them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

_WORDS = 1 << 22  # 16 MiB: what is sent in one piece
_FORM = '{"cluster": {"worker": ["host:port", …]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """`workers` processes, of which this one is number `index` of its `kind` (chief or worker)."""

    workers: int
    kind: str
    index: int
    has_chief: bool

    @property
    def is_chief(self) -> bool:
        """Whether this process writes checkpoints, exports and pushes: the chief, or else the first worker."""
        return self.kind == "chief" or (self.kind == "worker" and self.index == 0 and not self.has_chief)


def described(strategy: str) -> Cluster | None:
    """The cluster that a training with this strategy is one process of; None where it trains alone.

    Args:
        strategy: the config's; `auto` takes a cluster of two and more.

    Raises:
        UsageError: TF_CONFIG is not as TensorFlow wants it, or the strategy needs it and it is not set.
    """
    if strategy not in ("auto", "multi_worker"):
        return None
    found = _read()
    if strategy == "multi_worker" and found is None:
        raise UsageError(
            "multi_worker needs a cluster and TF_CONFIG does not describe one",
            hint=f"set TF_CONFIG to {_FORM}, with another index in each process",
            where="training.strategy",
        )
    return found if found and (strategy == "multi_worker" or found.workers > 1) else None


def _read() -> Cluster | None:
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        given = json.loads(text)
        jobs = {kind: len(given.get("cluster", {}).get(kind, ())) for kind in ("chief", "worker")}
        kind, index = given.get("task", {}).get("type", "worker"), int(given.get("task", {}).get("index", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"this is not JSON as TensorFlow wants it: {error}", hint=f"for example {_FORM}", where="TF_CONFIG"
        ) from error
    if not any(jobs.values()):
        return None
    if not 0 <= index < jobs.get(kind, 0):
        raise UsageError(
            f"its cluster has no {kind} {index}, which its task names", hint=f"for example {_FORM}", where="TF_CONFIG"
        )
    return Cluster(sum(jobs.values()), kind, index, bool(jobs["chief"]))


def from_chief(strategy: Any, content: bytes) -> bytes:
    """The chief's `content` in every process; all of them call this together, whatever they have themselves.

    It is a sum to which only the first replica of all, one of the chief's, adds anything but zeros.
    """
    import numpy as np

    length = int(_of_first_replica(strategy, np.array([len(content)], np.int64))[0])
    padded = content[:length].ljust(-(-length // 4) * 4, b"\0")
    words = np.frombuffer(padded, np.int32)
    pieces = [_of_first_replica(strategy, words[i : i + _WORDS]) for i in range(0, len(words), _WORDS)]
    return b"".join(piece.tobytes() for piece in pieces)[:length]


def _of_first_replica(strategy: Any, values: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    def add() -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        first = tf.cast(tf.equal(context.replica_id_in_sync_group, 0), values.dtype)
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(values) * first)

    total = tf.function(lambda: strategy.run(add), autograph=False)()
    return strategy.experimental_local_results(total)[0].numpy()
