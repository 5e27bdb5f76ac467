"""Trainings in processes of their own: killed ones, and those on several devices."""

import multiprocessing
import socket
import time

import numpy as np
import pytest

from tests.tensorflow import training_cases as cases

START = multiprocessing.get_context("forkserver")
# Imported once, forked for every training. This package comes first: after TensorFlow, `tests.tensorflow` is not found.
START.set_forkserver_preload(["tests.tensorflow.training_cases", "tensorflow", "keras", "sklearn.datasets"])


def start(target, *arguments):
    process = START.Process(target=target, args=arguments)
    process.start()
    return process


def finish(*processes):
    for process in processes:
        process.join(120)
        assert process.exitcode == 0, "a training failed; its error stands above"


def kill_when(process, folder, checkpoints):
    """SIGKILL once so many checkpoints were written, as far as one can see from outside."""
    seen, until = set(), time.monotonic() + 60
    while len(seen) < checkpoints:
        assert process.is_alive(), "it ended before it was killed"
        assert time.monotonic() < until
        seen |= {path.name for path in folder.glob("step-*.npz")}
        time.sleep(0.01)
    process.kill()
    process.join()


@pytest.mark.slow
def test_a_training_killed_twice_ends_with_the_weights_of_one_that_was_not(tmp_path):
    finish(start(cases.run_resumable, str(tmp_path / "whole"), str(tmp_path / "whole.npz"), 0.0))
    folder, output = tmp_path / "killed", tmp_path / "killed.npz"
    kill_when(start(cases.run_resumable, str(folder), str(output), 0.1), folder, 2)
    kill_when(start(cases.run_resumable, str(folder), str(output), 0.1), folder, 4)
    assert not output.exists()
    finish(start(cases.run_resumable, str(folder), str(output), 0.0))
    expected, whole = cases.read(tmp_path / "whole.npz")
    found, killed = cases.read(output)
    assert whole["resumed_from"] is None
    assert killed["resumed_from"] >= 18
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert killed["history"] == whole["history"]
    assert len(list(folder.glob("step-*"))) == 2, "the last two checkpoints stay"


SETTINGS = {"steps": 12, "batch_size": 32, "eval_every": 6, "steps_per_call": 5}


def test_two_replicas_train_like_one_device(tmp_path):
    settings = {**SETTINGS, "clip_norm": 0.5, "l2": 0.001, "accumulate": 2}
    finish(
        start(cases.run_on_cpus, 1, str(tmp_path / "one.npz"), settings, {}),
        start(cases.run_on_cpus, 2, str(tmp_path / "two.npz"), settings, {}),
    )
    assert_same(tmp_path / "one.npz", tmp_path / "two.npz")


def test_two_replicas_train_with_batch_normalisation_dropout_and_loss_scaling(tmp_path):
    settings = {**SETTINGS, "precision": "mixed_float16", "accumulate": 2, "learning_rate": 0.01}
    build = {"batch_norm": True, "dropout": 0.2}
    finish(start(cases.run_on_cpus, 2, str(tmp_path / "two.npz"), settings, build))
    _, figures = cases.read(tmp_path / "two.npz")
    losses = [row["loss"] for row in figures["history"]]
    assert losses[-1] < losses[0] < 10


def test_two_workers_train_like_one_device_and_go_on_from_the_chiefs_checkpoint(tmp_path):
    finish(start(cases.run_on_cpus, 1, str(tmp_path / "one.npz"), SETTINGS, {}))
    first = {**SETTINGS, "checkpoint_every": 4, "steps_per_call": None}  # left to each worker, they must still agree
    workers(first, tmp_path, "first")
    for worker in "01":
        assert_same(tmp_path / "one.npz", tmp_path / f"first{worker}.npz")
    assert not (tmp_path / "checkpoints1").exists(), "only the chief writes"
    (tmp_path / "checkpoints0" / "step-000000000012.npz").unlink()
    workers(first, tmp_path, "second")
    _, figures = cases.read(tmp_path / "second1.npz")
    assert figures["resumed_from"] == 8
    for worker in "01":
        assert_same(tmp_path / "one.npz", tmp_path / f"second{worker}.npz")


def workers(settings, tmp_path, name):
    """Each with a folder for checkpoints of its own: they need share no disk."""
    ports, folder = free_ports(2), str(tmp_path / "checkpoints")
    finish(
        *(
            start(cases.run_worker, i, ports, f"{folder}{i}", str(tmp_path / f"{name}{i}.npz"), settings)
            for i in (0, 1)
        ),
    )


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def assert_same(one, other):
    """The same weights, and evaluation over the same rows (101, which two replicas cannot share evenly)."""
    expected, figures = cases.read(one)
    found, also = cases.read(other)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    assert also["metrics"] == pytest.approx(figures["metrics"], abs=1e-4)
