"""The built-in networks, and the ones in a user's module."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import pytest

from graduate.errors import UserError
from graduate.pipeline import model_builder
from graduate.pipeline.tasks import image_models, image_options


def config(build, module=None, hyperparameters=None, size=(8, 8)):
    return {
        "task": "image",
        "transform": {"size": list(size), "channels": 1},
        "model": {"build": build, "module": module, "hyperparameters": hyperparameters or {}},
    }


# `transfer` begins with a network of the user's: test_image_transfer.py
@pytest.mark.parametrize("build", [name for name in image_models.BUILDERS if name != "transfer"])
@pytest.mark.parametrize("size", [(8, 8), (1, 7)])
def test_a_builder_ends_in_finite_logits(build, size):
    model = model_builder.builder(config(build, size=size), ".", 5, (*size, 1))()
    answers = model(np.random.default_rng(0).normal(size=(3, *size, 1)).astype("float32"))
    assert answers.shape == (3, 5)
    assert np.isfinite(answers).all()
    assert model.layers[-1].activation is keras.activations.linear


def test_the_light_table_of_hyperparameters_is_that_of_the_builders():
    for name, builder in image_models.BUILDERS.items():
        parameters = inspect.signature(builder).parameters.values()
        defaults = {p.name: None if p.default is p.empty else p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in defaults.items()}
        assert listed == image_options.HYPERPARAMETERS[name]


def test_every_activation_that_is_offered_exists():
    for name in image_options.ACTIVATIONS:
        assert callable(keras.activations.get(name))


SUBCLASSED = """
import keras
class Net(keras.Model):
    def __init__(self, units, hidden):
        super().__init__()
        self.flat, self.hidden, self.out = keras.layers.Flatten(), keras.layers.Dense(hidden), keras.layers.Dense(units)
    def call(self, x, training=False):
        return self.out(self.hidden(self.flat(x)))
def build(input_shape, output_units, hidden=4):
    return Net(output_units, hidden)
def sequential(input_shape, output_units):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(output_units)])
def too_few(input_shape, output_units):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(output_units - 1)])
def none(input_shape, output_units):
    pass
def broken(input_shape, output_units):
    return undefined_name
"""


@pytest.fixture
def module(tmp_path):
    (tmp_path / "users_nets.py").write_text(SUBCLASSED)
    return tmp_path / "users_nets.py"


@pytest.mark.parametrize(("build", "hyperparameters"), [("build", {"hidden": 3}), ("sequential", {})])
def test_a_users_model_of_any_kind_has_known_shapes(module, build, hyperparameters):
    model = model_builder.builder(config(build, module.name, hyperparameters), str(module.parent), 5, (8, 8, 1))()
    assert model.output_shape == (None, 5)
    assert model(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 5)


@pytest.mark.parametrize(
    ("build", "said", "line"),
    [
        ("too_few", "the model's output has shape (None, 4), not (None, 5): one a class, label or number", None),
        ("none", "none returned builtins.NoneType, not a Keras 3 model", None),
        ("broken", "NameError: name 'undefined_name' is not defined", 18),
    ],
)
def test_what_is_wrong_in_a_users_module_names_the_file(module, build, said, line):
    with pytest.raises(UserError) as caught:
        model_builder.builder(config(build, module.name), str(module.parent), 5, (8, 8, 1))()
    assert caught.value.message == said
    assert caught.value.where == (f"{module}:{line}" if line else str(module))
