"""Checkpoints that are there, damaged, of another training, or of one that had finished."""

import json

import numpy as np
import pytest
import tensorflow as tf

from graduate.training import EarlyStopping, Rows, TrainingOptions, resolve_strategy, train
from tests.tensorflow.training_cases import digits, network, scaled, weights

STRATEGY, _ = resolve_strategy("cpu")


class StopAt:
    """Ends the process' part of a training as a kill would: by an exception between two calls."""

    def __init__(self, step):
        self.step = step

    def after_steps(self, step):
        if step >= self.step:
            raise InterruptedError


class Counter:
    """A callback with a state of its own."""

    def __init__(self):
        self.sum = tf.Variable(0.0)

    def inside_step(self, *, loss):
        self.sum.assign_add(loss)

    def state(self):
        return {"sum": self.sum.numpy()}

    def restore(self, state):
        self.sum.assign(state["sum"])


def trained(folder, *callbacks, rows=None, rows_eval=None, **options):
    given = {"steps": 12, "batch_size": 32, "checkpoint_every": 3, "steps_per_call": 3, **options}
    return train(
        lambda: network(dropout=0.2),
        rows or digits(),
        rows_eval,
        TrainingOptions(**given),
        strategy=STRATEGY,
        finalise=scaled,
        checkpoints=str(folder),
        callbacks=callbacks,
    )


def interrupted(folder, step, *callbacks, **options):
    with pytest.raises(InterruptedError):
        trained(folder, *callbacks, StopAt(step), **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def assert_same_weights(one, other):
    for ours, theirs in zip(weights(one.model), weights(other.model), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def truncated(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def emptied(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncated, flipped_bit, emptied])
def test_a_damaged_newest_checkpoint_is_passed_over_for_the_one_before(tmp_path, damage):
    whole = trained(tmp_path / "whole")
    folder = tmp_path / "damaged"
    interrupted(folder, 9)
    damage(folder / "step-000000000006.npz")
    found = trained(folder)
    assert found.resumed_from == 3
    assert_same_weights(found, whole)


def test_where_every_checkpoint_is_damaged_the_training_starts_again(tmp_path):
    interrupted(tmp_path / "damaged", 9)
    for path in (tmp_path / "damaged").iterdir():
        emptied(path)
    found = trained(tmp_path / "damaged")
    assert found.resumed_from is None
    assert_same_weights(found, trained(tmp_path / "whole"))


def test_a_half_written_checkpoint_is_not_seen_and_is_cleared_away(tmp_path):
    interrupted(tmp_path, 6)
    (tmp_path / ".step-000000000099.npz.abcd.tmp").write_bytes(b"half")
    found = trained(tmp_path)
    assert found.resumed_from == 3
    assert names(tmp_path) == ["step-000000000009.npz", "step-000000000012.npz"]


def test_a_finished_training_is_not_repeated(tmp_path):
    rows_eval = digits(60, 400)
    options = {"early_stopping": EarlyStopping(patience=1), "learning_rate": 0.5, "eval_every": 2, "steps": 40}
    first = trained(tmp_path, rows_eval=rows_eval, **options)
    again = trained(tmp_path, rows_eval=rows_eval, **options)
    assert first.stopped_early
    assert again.resumed_from == first.steps == again.steps
    assert (again.metrics, again.history, again.stopped_early) == (first.metrics, first.history, True)
    assert_same_weights(again, first)


def test_checkpoints_of_another_training_are_not_gone_on_from(tmp_path):
    interrupted(tmp_path, 9)
    other = digits()
    relabelled = Rows(other.inputs, np.where(np.arange(len(other)) == 0, (other.labels + 1) % 10, other.labels))
    assert trained(tmp_path, rows=relabelled).resumed_from is None
    assert trained(tmp_path, learning_rate=0.01).resumed_from is None


def test_what_changes_no_number_may_change_between_two_parts_of_a_training(tmp_path):
    interrupted(tmp_path / "parts", 9)
    found = trained(tmp_path / "parts", checkpoint_every=4, steps_per_call=None, memory_limit=1000)
    assert found.resumed_from == 6
    assert_same_weights(found, trained(tmp_path / "whole"))


def test_a_callbacks_state_is_in_the_checkpoint(tmp_path):
    whole = Counter()
    trained(tmp_path / "whole", whole)
    interrupted(tmp_path / "parts", 9, Counter())
    resumed = Counter()
    assert trained(tmp_path / "parts", resumed).resumed_from == 6
    assert float(resumed.sum) == float(whole.sum) > 0


def test_a_checkpoint_can_be_read_with_numpy_alone(tmp_path):
    trained(tmp_path, steps=3)
    with np.load(tmp_path / "step-000000000003.npz", allow_pickle=False) as found:
        assert json.loads(found["meta"].tobytes())["state"]["step"] == 3
        assert any(name.startswith("variable/") for name in found.files)
