"""Options of the loop, from the config's JSON."""

import json
import subprocess
import sys

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config.groups import TrainingConfig
from graduate.training.options import EarlyStopping, Optimizer, Schedule, TrainingOptions


def options_of(**values):
    return TrainingOptions.from_dict(json.loads(TrainingConfig(**values).model_dump_json()))


def test_every_default_of_the_config_is_taken():
    options = options_of(epochs=2)
    assert (options.epochs, options.batch_size, options.optimizer.name) == (2, 64, "adam")
    assert options.resolved_steps(100) == 4  # 200 rows in batches of 64


def test_the_nested_groups_become_plain_data():
    options = options_of(
        steps=10,
        optimizer={"name": "sgd", "momentum": 0.9},
        learning_rate={"schedule": "step", "peak": 0.1, "boundaries": [3, 6]},
        early_stopping={"metric": "accuracy", "patience": 2},
        class_weights={"a": 2.0},
    )
    assert options.optimizer == Optimizer("sgd", momentum=0.9)
    assert options.learning_rate == Schedule(0.1, "step", boundaries=(3, 6))
    assert options.early_stopping == EarlyStopping("accuracy", 2)
    assert options.class_weights == {"a": 2.0}


@pytest.mark.parametrize("given", [{}, {"steps": 3, "epochs": 1.0}])
def test_one_of_steps_and_epochs_is_given(given):
    with pytest.raises(UsageError, match="one of steps and epochs"):
        TrainingOptions(**given)


def test_micro_batches_divide_the_batch():
    with pytest.raises(UsageError, match="accumulate 3 does not divide batch_size 64"):
        TrainingOptions(steps=1, accumulate=3)


def test_an_exponential_decay_to_zero_is_refused():
    with pytest.raises(UsageError, match="never reaches 0"):
        TrainingOptions(steps=1, learning_rate=Schedule(0.1, "exponential"))


def test_evaluation_is_once_an_epoch_unless_told():
    assert TrainingOptions(steps=100, batch_size=32).resolved_eval_every(100) == 4
    assert TrainingOptions(steps=100, eval_every=7).resolved_eval_every(100) == 7


def test_options_need_neither_tensorflow_nor_keras():
    code = (
        "import sys; from graduate.training import TrainingOptions; TrainingOptions(steps=1); "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
