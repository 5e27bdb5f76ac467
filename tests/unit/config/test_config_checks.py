"""What is wrong with a config although every key has the right type."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load

TEXT = """\
name: pets
data: {images: pictures}
training: {steps: 100}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
"""


@pytest.fixture
def message(tmp_path, monkeypatch):
    """The one error that overrides lead to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TEXT)

    def message(*overrides: str) -> str:
        with pytest.raises(UsageError) as caught:
            load("a.yaml", overrides)
        text = caught.value.render()
        assert text.count("error:") == 1, text
        return text

    return message


def test_a_config_without_a_bound_is_refused_at_its_line(message):
    text = message("evaluation.bounds={}")
    assert "evaluation has no bound" in text
    assert "without a bound any model would be pushed" in text


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["evaluation.bounds.accuracy={}"], "evaluation.bounds.accuracy is empty"),
        (["evaluation.bounds.accuracy.at_least=95"], "between 0 and 1, not 95\n\nhint: did you mean 0.95?"),
        (["evaluation.bounds.loss={at_most: -1}"], "at least 0, not -1"),
        (["evaluation.bounds.accuracy={at_least: 0.9, at_most: 0.8}"], "nothing is at least 0.9 and at most 0.8"),
        (["evaluation.slices=[{by: label}]"], "evaluation.slices.0 has no bound"),
        (["evaluation.slices=[{by: widht, accuracy: {at_least: 0.5}}]"], "have no feature widht to slice by"),
        (["evaluation.slices=[{by: label, accuracy: {}}]"], "evaluation.slices.0.accuracy is empty"),
        (["data.images="], "data names no source"),
        (["data.tfrecords=x"], "data names two sources: images and tfrecords"),
        (["data.images=' '"], "data.images is empty"),
        (["data.split={train: 0.8, eval: 0.1, test: 0.2}"], "add up to 1.1, not to 1"),
        (["data.split={train: 0.8, eval: 0.2}"], "evaluation.split is test, of which data.split makes none"),
        (["data.split={train: 0.8, test: 0.2}"], "no share for eval"),
        (["data.split={eval: 0.8, test: 0.2}"], "no share for train"),
        (["data.group_by='(a'"], "not a regular expression"),
        (["data.group_by=abc"], "no group in it"),
        (["schema=nowhere.pbtxt"], "no such file"),
        (["diagnostics={during_training: stop, refuse_on: never}"], "a training that is stopped has no model to push"),
        (["diagnostics.ignore=[exploding-gradent]"], "did you mean exploding-gradient?"),
        (["diagnostics.rules={nonsense: {x: 1}}"], "there is no fault nonsense"),
        (["diagnostics.rules={exploding-gradient: {nonsense: 1}}"], "has no threshold nonsense"),
        (["evaluation.folds=5", "training.strategy=multi_worker"], "folds are trained by one worker"),
        (["model.build=ccn"], "did you mean cnn?"),
        (["model.hyperparameters={drpout: 0.1}"], "did you mean dropout?"),
        (["training.steps="], "neither steps nor epochs"),
        (["training.epochs=3"], "both steps and epochs"),
        (["training.accumulate=3"], "cannot be divided by training.accumulate 3"),
        (["training.clip_norm=1", "training.clip_value=1"], "both clip_norm and clip_value"),
        (["training.class_weights={cat: 0}"], "no class a weight"),
        (["training.optimizer={name: adam, momentum: 0.9}"], "adam has no momentum"),
        (["training.optimizer={name: sgd, nesterov: true}"], "nesterov needs a momentum"),
        (["training.learning_rate={schedule: step, peak: 1}"], "needs boundaries"),
        (["training.learning_rate={schedule: step, peak: 1, boundaries: [5, 3]}"], "have to rise"),
        (["training.learning_rate={schedule: cosine, peak: 1, boundaries: [5]}"], "has no boundaries"),
        (["training.learning_rate={schedule: exponential, peak: 1}"], "never reaches 0"),
        (["training.learning_rate={peak: 1, warmup_steps: 100}"], "longer than the training of 100"),
        (["training.augment=[{spin: 3}]"], "spin"),
        (["training.augment=[{shift: 1, flip: horizontal}]"], "one augmentation"),
    ],
)
def test_each_contradiction_is_one_sentence(message, overrides, words):
    assert words in message(*overrides)


def test_a_relative_bound_alone_is_a_bound(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT)
    load(tmp_path / "a.yaml", ["evaluation.bounds={loss: {worse_than_last_by: 0.1}}"])


def test_shares_that_only_rounding_keeps_from_one_are_right(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT)
    load(tmp_path / "a.yaml", ["data.split={train: 0.7, eval: 0.2, test: 0.1}"])


def test_a_module_is_read_and_not_run(tmp_path, message):
    (tmp_path / "mine.py").write_text("raise SystemExit('run')\ndef net(shape, classes): ...\n")
    load("a.yaml", ["model={module: mine.py, build: net}"])
    assert "mine.py defines no nett\n\nhint: did you mean net?" in message("model={module: mine.py, build: nett}")


def test_a_module_with_a_syntax_error_is_named_with_its_line(tmp_path, message):
    (tmp_path / "mine.py").write_text("import os\ndef net(:\n    pass\n")
    assert message("model={module: mine.py, build: net}").startswith("error: mine.py:2: invalid syntax: def net(:")


@pytest.mark.parametrize(
    "code",
    ["from other import net", "import x as net", "net = print", "if 1:\n    def net(): ...", "from other import *"],
)
def test_a_function_may_be_bound_in_any_way(tmp_path, code):
    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "mine.py").write_text(code)
    load(tmp_path / "a.yaml", ["model={module: mine.py, build: net}"])


def test_a_module_that_is_not_there_or_no_module_is_said(tmp_path, message):
    assert "no such file mine.py" in message("model={module: mine.py, build: net}")
    (tmp_path / "my-net.py").write_text("")
    assert "cannot" in message("model={module: my-net.py, build: net}") or "no Python file" in message(
        "model={module: my-net.py, build: net}"
    )
