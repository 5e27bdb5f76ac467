"""What a preflight sees in seconds, and that nothing is different afterwards."""

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers

from graduate.findings import Severity
from graduate.preflight import preflight
from tests.tensorflow.training_cases import digits

ROWS = digits(256)
X, Y = (ROWS.inputs / 16.0).astype(np.float32), ROWS.labels
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def mlp(depth=1, units=10, last=None, **dense):
    hidden = [layers.Dense(32, **{"activation": "relu", **dense}) for _ in range(depth)]
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *hidden, layers.Dense(units, last)])


def faults(found, least=Severity.WARNING):
    return {finding.fault for finding in found.findings if finding.severity >= least}


def bad(found):
    return {check.name for check in found.checks if not check.passed or check.warns}


def test_a_healthy_network_passes_with_a_rate_that_trains_it():
    found = preflight(mlp(), LOSS, X, Y, optimizer=keras.optimizers.SGD(), rate=0.1)
    assert found.passed
    assert not found.findings
    assert {check.name for check in found.checks} >= {"finite", "output", "gradients", "one-batch", "inputs"}
    assert 0.01 <= found.proposed_rate <= 1
    assert found.told["one_batch"]["fits"]
    model = mlp()
    model.compile(keras.optimizers.SGD(found.proposed_rate), LOSS)
    losses = model.fit(X, Y, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    json.dumps(found.to_json())


def test_weights_random_numbers_and_the_optimizer_are_as_before():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(16), layers.BatchNormalization(),
        layers.Dropout(0.5), layers.Dense(10)])  # fmt: skip
    optimizer = keras.optimizers.Adam()
    before = [np.array(variable) for variable in model.variables]
    keras.utils.set_random_seed(7)
    wanted = np.asarray(keras.random.normal([3])), np.random.normal()
    keras.utils.set_random_seed(7)
    preflight(model, LOSS, X, Y, optimizer=optimizer)
    assert (np.asarray(keras.random.normal([3])).tolist(), np.random.normal()) == (wanted[0].tolist(), wanted[1])
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), value)
    assert int(optimizer.iterations) == 0


def test_a_network_whose_weights_are_all_zero_gets_no_gradient_and_fits_no_batch():
    found = preflight(mlp(2, kernel_initializer="zeros"), LOSS, X, Y, seconds=4)
    assert not found.passed
    assert {"gradients", "one-batch"} <= bad(found)
    assert "layer-does-not-learn" in faults(found)


def test_a_variable_that_the_loss_does_not_depend_on_is_named():
    inputs = keras.Input((8, 8, 1))
    x = layers.Flatten()(inputs)
    stopped = layers.Lambda(keras.ops.stop_gradient)(layers.Dense(8, name="cut_off")(x))
    found = preflight(keras.Model(inputs, layers.Dense(10)(layers.Concatenate()([x, stopped]))), LOSS, X, Y, seconds=4)
    [finding] = [one for one in found.findings if one.fault == "layer-does-not-learn"]
    assert "cut_off" in finding.layers[0]


def test_outputs_that_are_no_probabilities_and_labels_beyond_the_outputs_are_seen():
    logits = preflight(mlp(), "sparse_categorical_crossentropy", X, Y, seconds=3)
    assert "wrong-output-activation" in faults(logits, Severity.ERROR)
    few = preflight(mlp(units=5), LOSS, X, Y, seconds=3)
    assert "wrong-label-encoding" in faults(few, Severity.ERROR)
    assert "step" in bad(few), "TensorFlow refuses the step, and that is a result"
    right = preflight(mlp(last="softmax"), "sparse_categorical_crossentropy", X, Y, seconds=3)
    assert right.passed


def test_raw_inputs_and_a_loss_that_begins_far_off_are_warned_of():
    found = preflight(mlp(), LOSS, 5000 * X, Y, seconds=3)
    assert {"inputs", "initial-loss"} <= bad(found)
    assert "unscaled-inputs" in faults(found)


def test_inputs_that_the_pipeline_scales_are_not_warned_of():
    found = preflight(mlp(), LOSS, 5000 * X, Y, finalise=lambda rows: rows / 5000.0, seconds=3)
    assert "inputs" not in bad(found)


def test_numbers_that_are_not_finite_are_seen_before_any_step():
    rows = X.copy()
    rows[3, 2, 2] = np.nan
    found = preflight(mlp(), LOSS, rows, Y, seconds=3)
    assert not found.passed
    assert "nan-or-inf" in faults(found, Severity.ERROR)


def test_regression_with_an_own_loss_function_passes():
    random = np.random.default_rng(0)
    values = random.normal(size=(256, 6)).astype(np.float32)
    targets = (values @ random.normal(size=(6, 1))).astype(np.float32)
    model = keras.Sequential([keras.Input((6,)), layers.Dense(32, "relu"), layers.Dense(1)])
    found = preflight(model, lambda y, out: keras.ops.mean(keras.ops.square(y - out), -1), values, targets)
    assert found.passed, [check.sentence for check in found.checks]
    assert found.proposed_rate


@pytest.mark.parametrize(("rate", "fault"), [(50.0, "learning-rate-too-high"), (1e-7, "learning-rate-too-low")])
def test_a_rate_far_from_the_proposed_one_is_warned_of(rate, fault):
    found = preflight(mlp(), LOSS, X, Y, optimizer=keras.optimizers.SGD(), rate=rate)
    assert fault in faults(found)
    assert found.passed, "a range test is not certain enough to refuse"
