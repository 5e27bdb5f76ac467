"""Which devices train: a name from the config becomes a tf.distribute strategy and a sentence about it."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

from graduate.errors import UsageError
from graduate.training import cluster

NAMES = ("auto", "cpu", "one_device", "mirrored", "multi_worker", "tpu")
CPU_REPLICAS = "GRADUATE_CPU_REPLICAS"


def resolve_strategy(name: str = "auto") -> tuple[Any, str]:
    """Give (strategy, sentence) for one of `NAMES`.

    `auto` takes what there is: the cluster that TF_CONFIG describes, a TPU, all GPUs, then the CPU. A cluster must be
    joined before TensorFlow has run anything in the process: see `prepare`.

    Raises:
        UsageError: the name is unknown, or this machine has not what it asks for.
    """
    import tensorflow as tf

    if name not in NAMES:
        raise UsageError(f"unknown strategy {name!r}", hint=", ".join(NAMES), where="training.strategy")
    asked = name != "auto"
    if together := cluster.described(name):
        return _multi_worker(together.workers, asked)
    if name == "tpu" or (not asked and _has_tpu()):
        return _tpu(asked)
    gpus = tf.config.list_logical_devices("GPU") if name != "cpu" else []
    if name == "mirrored" or (not asked and len(gpus) > 1):
        return _mirrored(gpus, asked)
    if name == "cpu" or not gpus:
        why = "as asked" if name == "cpu" else "no accelerator found"
        return tf.distribute.OneDeviceStrategy("/cpu:0"), f"training on the CPU ({why})"
    return tf.distribute.OneDeviceStrategy("/gpu:0"), f"training on one GPU ({'as asked' if asked else 'the only one'})"


def prepare(name: str, say: Callable[[str], None]) -> None:
    """Do what has to be done before TensorFlow runs anything in this process; for most strategies that is nothing.

    A cluster is joined, which waits for the other workers. `mirrored` without a GPU gets as many logical CPU devices
    as GRADUATE_CPU_REPLICAS says.

    Args:
        say: takes a sentence about it.

    Raises:
        UsageError: as `resolve_strategy`.
    """
    if together := cluster.described(name):
        say(f"waiting until all {together.workers} workers are there")
        resolve_strategy(name)
        return
    replicas = os.environ.get(CPU_REPLICAS, "1")
    if name != "mirrored" or replicas == "1":
        return
    if not replicas.isdecimal() or replicas == "0":
        raise UsageError(f"{replicas!r} is no number of replicas", where=CPU_REPLICAS)
    import tensorflow as tf

    one, *_ = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(one, [tf.config.LogicalDeviceConfiguration()] * int(replicas))


def is_chief(strategy: Any) -> bool:
    """Whether this process writes checkpoints and exports: always, but for the workers after the first."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.cluster_spec().as_dict():
        return True
    kind, index = resolver.task_type, resolver.task_id
    return kind in (None, "chief") or (kind == "worker" and index == 0 and "chief" not in resolver.cluster_spec().jobs)


def worker_count(strategy: Any) -> int:
    """How many processes train together."""
    return max(1, strategy.num_replicas_in_sync // max(1, len(strategy.extended.worker_devices)))


def describe_device(strategy: Any) -> str:
    """What computes, in a word or two: `CPU`, `2 × GPU`, `2 workers of 1 × CPU`."""
    devices = strategy.extended.worker_devices
    kind = "TPU" if "TPU" in devices[0].upper() else "GPU" if "GPU" in devices[0].upper() else "CPU"
    local = len(devices)
    workers = worker_count(strategy)
    here = kind if local == 1 else f"{local} × {kind}"
    return here if workers == 1 else f"{workers} workers of {local} × {kind}"


@functools.cache
def _multi_worker(workers: int, asked: bool) -> tuple[Any, str]:
    """One a process, like the mirrored one, and made before TensorFlow has run anything."""
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    why = "as asked" if asked else "TF_CONFIG describes them"
    return strategy, f"training on {workers} workers, {strategy.num_replicas_in_sync} replicas ({why})"


def _tpu(asked: bool) -> tuple[Any, str]:
    import tensorflow as tf

    where = os.environ.get("TPU_NAME")
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=where or "local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise UsageError(
            "tpu was asked for and no TPU answers" + (f" at {where}" if where else ""),
            hint=f"TPU_NAME names one; or take another strategy (TensorFlow: {str(error).split('. ')[0]})",
            where="training.strategy",
        ) from error
    strategy = tf.distribute.TPUStrategy(resolver)
    return (
        strategy,
        f"training on a TPU, {strategy.num_replicas_in_sync} cores ({'as asked' if asked else 'found one'})",
    )


def _mirrored(gpus: list[Any], asked: bool) -> tuple[Any, str]:
    import tensorflow as tf

    devices = gpus or tf.config.list_logical_devices("CPU")
    strategy = _mirrored_over(tuple(device.name for device in devices))
    if not gpus:
        count = "1 replica" if len(devices) == 1 else f"{len(devices)} replicas"
        return strategy, f"training on the CPU, mirrored over {count} (as asked; there is no GPU)"
    return strategy, f"training on {len(devices)} GPUs, mirrored ({'as asked' if asked else 'all there are'})"


@functools.cache
def _mirrored_over(devices: tuple[str, ...]) -> Any:
    """One strategy a process: a second one would use the first one's collective keys again, and TensorFlow aborts."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices)


def _has_tpu() -> bool:
    import tensorflow as tf

    return bool(os.environ.get("TPU_NAME") or tf.config.list_physical_devices("TPU"))
