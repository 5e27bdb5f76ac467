"""What the light process says about augmentations and builders, without TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from graduate.pipeline.tasks import image_options


def config(augment=(), build="cnn", hyperparameters=None, module=None, base=Path()):
    return SimpleNamespace(
        data=SimpleNamespace(target="class", labels=None, label=None, images="pictures"),
        training=SimpleNamespace(augment=list(augment)),
        transform=SimpleNamespace(size=(8, 8), background="white", model_fields_set=set()),
        evaluation=SimpleNamespace(slices=[]),
        model=SimpleNamespace(build=build, module=module, hyperparameters=hyperparameters or {}),
        input_path=lambda given: base / given,
    )


def problems(**given):
    return list(image_options.check(config(**given)))


def test_every_augmentation_with_a_right_value_is_taken():
    right = [
        {"flip": "both"}, {"shift": 1}, {"rotate_degrees": 10}, {"zoom": 0.1}, {"brightness": 0.2}, {"contrast": 0.2},
        {"noise": 4}, {"erase": 0.2}, {"mixup": 0.2},
    ]  # fmt: skip
    assert {name for step in right for name in step} == set(image_options.AUGMENTATIONS)
    assert problems(augment=right) == []


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"rotate": 10}, "unknown augmentation rotate"),
        ({"shift": 1.5}, "the augmentation shift takes a whole number of pixels, 1 or more, not 1.5"),
        ({"shift": 8}, "a shift of 8 moves images of 8 pixels out of sight"),
        ({"flip": "sideways"}, "the augmentation flip takes horizontal, vertical or both, not 'sideways'"),
        ({"zoom": 1}, "the augmentation zoom takes a number between 0 and 1, not 1"),
        ({"shift": 1, "zoom": 0.1}, "each entry of training.augment is one augmentation"),
        ({}, "each entry of training.augment is one augmentation"),
    ],
)
def test_a_wrong_augmentation_is_named_with_its_place(step, said):
    [(path, message, _)] = problems(augment=[{"flip": "both"}, step])
    assert message == said
    assert path[:3] == ("training", "augment", 1)


def test_the_nearest_augmentation_is_offered():
    [(_, _, hint)] = problems(augment=[{"rotate_degree": 10}])
    assert hint == "did you mean rotate_degrees?"


@pytest.mark.parametrize(
    ("build", "given", "key", "said"),
    [
        ("cnn", {"filter": [32]}, "filter", "the builder cnn has no hyperparameter filter"),
        ("cnn", {"filters": 32}, "filters", "filters takes a list like [32, 64], not 32"),
        ("cnn", {"dropout": 1}, "dropout", "dropout takes a share of at least 0 and below 1, not 1"),
        ("resnet", {"units": [3]}, "units", "the builder resnet has no hyperparameter units"),
        ("mlp", {"batch_norm": 1}, "batch_norm", "batch_norm takes true or false, not 1"),
    ],
)
def test_a_wrong_hyperparameter_is_named(build, given, key, said):
    [(path, message, _)] = problems(build=build, hyperparameters=given)
    assert path == ("model", "hyperparameters", key)
    assert message == said


def test_an_unknown_builder_gets_the_nearest():
    [(path, message, hint)] = problems(build="resnett")
    assert path == ("model", "build")
    assert message == "unknown builder resnett"
    assert hint.startswith("did you mean resnet?")


def test_a_hyperparameter_that_the_users_function_does_not_take_is_found_by_reading_it(tmp_path):
    (tmp_path / "my.py").write_text(
        "raise SystemExit('read, not run')\ndef build(input_shape, output_units, width, *, depth=2): ...\n"
    )
    given = {"module": "my.py", "build": "build", "base": tmp_path}
    assert problems(**given, hyperparameters={"width": 3, "depth": 1}) == []
    [(path, message, hint)] = problems(**given, hyperparameters={"widht": 3})
    assert path == ("model", "hyperparameters", "widht")
    assert message == "the builder build has no hyperparameter widht"
    assert hint == "did you mean width?"


def test_a_users_function_with_keywords_takes_anything(tmp_path):
    (tmp_path / "my.py").write_text("def build(input_shape, output_units, **hyperparameters): ...\n")
    assert problems(module="my.py", build="build", base=tmp_path, hyperparameters={"anything": 3}) == []


def test_nothing_heavy_is_imported():
    script = (
        "import sys, graduate.pipeline.tasks.image_options; print({'numpy', 'keras', 'tensorflow'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "set()\n"
