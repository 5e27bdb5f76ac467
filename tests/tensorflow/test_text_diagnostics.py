"""Rules on networks for texts: a healthy one is clean though half of its embeddings never learn; a sick one is not."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from graduate.preflight import preflight
from graduate.trace import open_trace
from graduate.training import Optimizer, Supervisor
from tests.tensorflow import tiny_texts
from tests.tensorflow.tiny_texts import SMALL, texts, trained


@pytest.mark.parametrize("name", SMALL)
def test_a_healthy_training_is_clean(name, tmp_path):
    result, diagnosis = trained(tmp_path / "trace", name)
    assert result.metrics["eval_accuracy"] > 0.95
    assert diagnosis.findings == ()
    assert not diagnosis.errors
    assert {"layer-does-not-learn", "vanishing-gradient", "exploding-gradient"} <= set(diagnosis.ran)


@pytest.mark.parametrize(
    ("name", "rate", "fault"),
    [
        ("bag", 1.0, "learning-rate-too-high"),
        ("gru", 1.0, "learning-rate-too-high"),
        ("bag", 1e-5, "learning-rate-too-low"),
    ],
)
def test_a_sick_training_is_told_by_its_fault(name, rate, fault, tmp_path):
    _, diagnosis = trained(tmp_path / "trace", name, learning_rate=rate)
    assert [found.fault for found in diagnosis.findings if found.caused_by is None] == [fault]


def test_a_sick_lstm_is_cured_while_it_trains(tmp_path):
    sick = {"learning_rate": 30.0, "optimizer": Optimizer("sgd")}
    result, _ = trained(
        tmp_path / "trace", "lstm", [lambda recorder: Supervisor(recorder, "cure", max_cures=3)], **sick
    )
    events = [event.kind for event in open_trace(tmp_path / "trace").events]
    assert "remedy" in events, events
    assert result.metrics["eval_accuracy"] > 0.6


@pytest.mark.parametrize("name", SMALL)
def test_preflight_takes_tokens_for_what_they_are(name):
    rows = texts(256, 3)
    model = tiny_texts.text_models.BUILDERS[name](
        (tiny_texts.LENGTH,), tiny_texts.CLASSES, tokens=tiny_texts.TOKENS, **SMALL[name]
    )
    before = [np.array(variable) for variable in model.variables]
    found = preflight(
        model,
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        rows.inputs,
        rows.labels,
        rate=0.005,
        seconds=30,
    )
    assert [check.sentence for check in found.checks if not check.passed or check.warns] == []
    assert "The inputs need no scaling." in [check.sentence for check in found.checks]
    for old, new in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(old, new)
