"""Chosen settings: written as KerasTuner writes values, read back, laid over a config."""

import pytest

from graduate.tuning.settings import chosen, decoded, encoded, laid_over, short, shortened, told, tuned

CONFIG = {
    "model": {"build": "cnn", "module": None, "hyperparameters": {"filters": [32, 64], "dropout": 0.2}},
    "training": {"steps": 100, "epochs": None, "learning_rate": 0.001, "optimizer": "adam"},
}


@pytest.mark.parametrize(
    "values",
    [
        [32, 64],
        [0.1, 0.5],
        ["mlp", "cnn"],
        ["mlp", "3", "true", '"x"'],
        [True, False],
        [None, 1.0],
        [[32], [64, 32]],
        ["adam", {"name": "sgd", "momentum": 0.9}],
    ],
)
def test_values_of_every_type_come_back_as_they_were(values):
    written = encoded(values)
    assert len({type(one) for one in written}) == 1
    assert all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in written)
    back = [decoded(one) for one in written]
    assert back == values
    assert [type(one) for one in back] == [type(one) for one in values]


def test_whole_numbers_among_others_become_floats():
    assert encoded([1, 0.5]) == [1.0, 0.5]


def test_keras_tuners_own_values_are_no_settings():
    given = {"space": [], "values": {"training.learning_rate": 0.01, "tuner/epochs": 3, "model.build": "mlp"}}
    assert chosen(given) == {"training.learning_rate": 0.01, "model.build": "mlp"}
    assert chosen({"space": []}) == {}


def test_settings_take_the_place_of_the_configs_and_leave_it_as_it_is():
    found = laid_over(CONFIG, {"training.learning_rate": 0.1, "model.hyperparameters.dropout": 0.5})
    assert found["training"]["learning_rate"] == 0.1
    assert found["model"]["hyperparameters"] == {"filters": [32, 64], "dropout": 0.5}
    assert CONFIG["training"]["learning_rate"] == 0.001
    assert CONFIG["model"]["hyperparameters"]["dropout"] == 0.2


def test_a_whole_model_comes_before_its_keys_and_keeps_no_hyperparameter_of_another_network():
    settings = {"model.hyperparameters.dropout": 0.3, "model": {"build": "mlp", "hyperparameters": {"units": [8]}}}
    expected = {"build": "mlp", "module": None, "hyperparameters": {"units": [8], "dropout": 0.3}}
    assert laid_over(CONFIG, settings)["model"] == expected
    assert laid_over(CONFIG, {"model": {"build": "mlp"}})["model"]["hyperparameters"] == {}


def test_without_a_tuner_the_config_is_as_it_was():
    assert tuned(CONFIG, None) == CONFIG


def test_keys_are_told_by_their_last_part_where_that_is_enough():
    keys = ["training.learning_rate", "training.optimizer.name", "model.name"]
    assert [short(key, keys) for key in keys] == ["learning_rate", "optimizer.name", "model.name"]
    assert told({"training.learning_rate": 0.00312345, "model": {"build": "mlp"}}) == (
        "learning_rate 0.003123, model {build: mlp}"
    )


def test_a_trial_has_its_share_of_the_steps():
    assert shortened(CONFIG, None, 1 / 3)["training"]["steps"] == 34
    assert shortened(CONFIG, 9, 1 / 9)["training"]["steps"] == 1
    by_epochs = {**CONFIG, "training": {"steps": None, "epochs": 3.0}}
    assert shortened(by_epochs, None, 1 / 3)["training"] == {"steps": None, "epochs": 1.0}
    assert shortened(by_epochs, 90, 1 / 3)["training"] == {"steps": 30, "epochs": None}
