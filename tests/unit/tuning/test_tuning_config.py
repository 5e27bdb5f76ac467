"""The group `tuning`: what a search may try, and what is said of what it may not."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load
from graduate.pipeline.config.tuning import space
from graduate.tuning.space import Dimension, rungs, size

TEXT = """\
name: pets
data: {images: pictures}
training: {steps: 90}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
tuning:
  space:
    training.learning_rate: {log: [0.0001, 0.1]}
    training.batch_size: [32, 64]
"""


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "own.py").write_text(
        "def small(shape, units, width=8):\n    ...\n\n\ndef large(shape, units, width=8):\n    ...\n"
    )
    return lambda *overrides: load("a.yaml", overrides)


@pytest.fixture
def message(read):
    def message(*overrides):
        with pytest.raises(UsageError) as caught:
            read(*overrides)
        text = caught.value.render()
        assert text.count("error:") == 1, text
        return text

    return message


def test_the_dimensions_come_by_their_keys_in_whatever_order_a_file_has_them(read):
    assert space(read()) == [
        Dimension("training.batch_size", "choice", (32, 64)),
        Dimension("training.learning_rate", "float", low=0.0001, high=0.1, log=True),
    ]


def test_a_config_without_the_group_has_no_trace_of_it(read):
    assert "tuning" not in read("tuning=").to_json()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "{training.batch_size: {log: [16, 256]}}",
            Dimension("training.batch_size", "int", low=16, high=256, log=True),
        ),
        ("{training: {batch_size: [16]}}", Dimension("training.batch_size", "choice", (16,))),
        (
            "{model.hyperparameters.kernel: {between: [1, 5]}}",
            Dimension("model.hyperparameters.kernel", "int", low=1, high=5),
        ),
        (
            "{training.label_smoothing: {between: [0, 0.2]}}",
            Dimension("training.label_smoothing", "float", low=0.0, high=0.2),
        ),
        ("{training.clip_norm: [null, 1]}", Dimension("training.clip_norm", "choice", (None, 1))),
        ("{model.build: [mlp, cnn, resnet]}", Dimension("model.build", "choice", ("mlp", "cnn", "resnet"))),
    ],
)
def test_ranges_and_lists(read, given, expected):
    assert space(read(f"tuning.space={given}")) == [expected]


def test_ends_of_a_users_hyperparameter_are_whole_where_they_are_written_so(read):
    own = (
        "model={module: own.py, build: small}",
        "tuning.space={model.build: [small, large], model.hyperparameters.width: {between: [4, 16]}}",
    )
    assert space(read(*own))[1] == Dimension("model.hyperparameters.width", "int", low=4, high=16)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["tuning.space={}"], "tuning.space is empty"),
        (["tuning={}"], "tuning.space is missing"),
        (["tuning.space={training.learning_rte: [0.1]}"], "did you mean training.learning_rate?"),
        (["tuning.space={data.split: [0.1]}"], "data.split cannot be tuned"),
        (["tuning.space={training.steps: [10, 20]}"], "tuning.steps is the length of a trial"),
        (["tuning.space={training.seed: [1, 2]}"], "a seed is chance"),
        (["tuning.space={training.batch_size: 32}"], "has to be a list"),
        (["tuning.space={training.batch_size: []}"], "has no values"),
        (["tuning.space={training.batch_size: [32, 32]}"], "has a value twice"),
        (["tuning.space={training.batch_size: [32, 0]}"], "has to be at least 1, not 0"),
        (["tuning.space={training.batch_size: [32, '64']}"], "has to be a whole number"),
        (["tuning.space={training.learning_rate: {log: [0, 0.1]}}"], "log starts above 0"),
        (["tuning.space={training.learning_rate: {between: [0.1, 0.01]}}"], "the smaller one first"),
        (["tuning.space={training.learning_rate: {between: [0.1]}}"], "takes two numbers"),
        (["tuning.space={training.label_smoothing: {between: [0, 1]}}"], "has to be less than 1, not 1"),
        (["tuning.space={model.build: [cnn, mpl]}"], "did you mean mlp?"),
        (["tuning.space={model.hyperparameters.drpout: [0.1]}"], "did you mean dropout?"),
        (["tuning.space={training.optimizer.momentum: [0.9]}"], "training.optimizer is adam, which has no keys"),
        (["tuning.space={training.optimizer: [{name: adam, momentum: 0.9}]}"], "adam has no momentum"),
        (["model.module=own.py", "model.build=small", "tuning.space={model.build: [small, huge]}"], "defines no huge"),
        (["model.hyperparameters={filters: [8]}", "tuning.space={model.build: [cnn, mlp]}"], "give each whole"),
        (["tuning.space={training.accumulate: [1, 32], training.batch_size: [64, 48]}"], "do not go together"),
        (["tuning.steps=9", "tuning.space={training.learning_rate: [{peak: 1, warmup_steps: 9}]}"], "longer than"),
        (["tuning.metric=eval_mae"], "tuning.metric is eval_mae"),
        (["tuning.metric=loss"], "tuning.metric has to be eval_loss, eval_accuracy or eval_mae"),
        (["tuning.algorithm=hyperband", "tuning.trials=3"], "hyperband needs 4 trials"),
        (["tuning.trials=0"], "tuning.trials has to be at least 1"),
        (["training.strategy=multi_worker"], "trials are trained by one worker"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_said_with_its_key(message, overrides, words):
    assert words in message(*overrides)


def test_an_error_names_the_line_of_its_key(read, tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT.replace("[32, 64]", "[32, -1]"))
    with pytest.raises(UsageError) as caught:
        read()
    assert caught.value.render().startswith("error: a.yaml:8: tuning.space: training.batch_size -1:")


def test_rungs_of_hyperband_fit_into_the_trials():
    assert [rungs("hyperband", trials)[0] for trials in (4, 12, 13, 39, 40)] == [3, 3, 9, 9, 27]
    assert rungs("random", 40)[0] == 1


def test_a_drawn_number_is_rounded_inside_its_range():
    rate = Dimension("x", "float", low=0.0001, high=0.1, log=True)
    assert rate.number(0.012345678) == 0.01235
    assert rate.number(0.099999) == 0.1
    assert Dimension("x", "int", low=2, high=8).number(7.7) == 8


def test_how_many_settings_there_are():
    assert size([Dimension("a", "choice", (1, 2)), Dimension("b", "int", low=1, high=3)]) == 6
    assert size([Dimension("a", "float", low=0, high=1)]) is None
