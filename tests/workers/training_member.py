"""A worker that really trains, as a program: python -m tests.workers.training_member EXECUTOR_INPUT FAULTS

FAULTS is JSON: {"kill": [[number, step], …], "slow": number}. A worker kills itself once at each of its steps.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from graduate.pipeline import workers
from graduate.pipeline.kubeflow.places import Mounts
from graduate.pipeline.workers import beats

SCRATCH = "/scratch"
STEPS = 60


def main(executor_input: str, faults: str) -> None:
    if workers.is_member():
        workers.join(print)
    from graduate.training import Optimizer, TrainingOptions, resolve_strategy, train
    from tests.tensorflow import training_cases as cases

    mounts, asked, told = Mounts(), json.loads(faults), json.loads(executor_input)
    number = json.loads(os.environ.get("TF_CONFIG", '{"task": {"index": 0}}'))["task"]["index"]
    output = Path(mounts.local(told["outputs"]["artifacts"]["model"]["artifacts"][0]["uri"]))
    for listed in told.get("inputs", {}).get("artifacts", {}).values():
        assert (Path(mounts.local(listed["artifacts"][0]["uri"])) / "some").read_text() == "rows"
    scratch = Path(mounts.local(SCRATCH))
    options = TrainingOptions(
        steps=asked.get("steps", STEPS),
        batch_size=32,
        optimizer=Optimizer("adam"),
        learning_rate=0.005,
        eval_every=20,
        checkpoint_every=6,
        seed=5,
    )
    result = train(
        lambda: cases.network(dropout=0.3),
        cases.digits(),
        cases.digits(101, 320),
        options,
        strategy=resolve_strategy(beats.strategy("cpu"))[0],
        augment=_napping if asked.get("slow") == number else cases.flipped,
        finalise=cases.scaled,
        checkpoints=str(scratch / "checkpoints"),
        callbacks=[_Dies(number, asked.get("kill", [])), *beats.callbacks()],
    )
    output.mkdir(parents=True, exist_ok=True)
    cases._write(str(output / "weights.npz"), result)
    (output / "workers.json").write_text(json.dumps(result.workers))
    sys.stdout.flush()
    os._exit(0)


class _Dies:
    """Kills its worker, once at each of the steps; what died is told by files in the folder DEATHS."""

    def __init__(self, number: int, kill: list[list[int]]) -> None:
        self._number, self._steps = number, [step for one, step in kill if one == number]

    def after_steps(self, step: int) -> None:
        for one in self._steps:
            died = Path(os.environ["DEATHS"]) / f"{self._number}-{one}"
            if step >= one and not died.exists():
                died.touch()
                os.kill(os.getpid(), signal.SIGKILL)


def _napping(images: Any, labels: Any, seed: Any) -> Any:
    import tensorflow as tf

    def nap(values: Any) -> Any:
        time.sleep(0.02)
        return values

    slow = tf.numpy_function(nap, [images], images.dtype)
    slow.set_shape(images.shape)
    return slow, labels


if __name__ == "__main__":
    main(*sys.argv[1:])
