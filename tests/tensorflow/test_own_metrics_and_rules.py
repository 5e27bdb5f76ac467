"""A user's metric on NumPy arrays, and a user's rule that stops a training through the pipeline's own watching."""

from __future__ import annotations

import numpy as np
import pytest

from graduate.components import user_metrics
from graduate.errors import UserError

LABELS, ANSWERS = np.array([0, 1, -1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.5, 0.5]])
RULE = """
from graduate.findings import Finding, Rule, Severity

def check(trace, thresholds):
    if len(trace.steps):
        yield Finding("late", Severity.ERROR, (1, 2), (), (), "It is late.")

rule = Rule("late", check)
"""


def file(folder, body: str) -> str:
    path = folder / "own_metrics.py"
    path.write_text(f"def f2(labels, answers):\n    {body}\n")
    return str(path)


def test_a_function_sees_all_rows_at_once(tmp_path):
    body = "return (answers.argmax(1) == labels).sum() / len(labels)"
    assert user_metrics.measured(file(tmp_path, body), ["f2"], LABELS, ANSWERS) == {"f2": pytest.approx(1 / 3)}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return answers", "f2 gave ndarray, not a number"),
        ("return None", "f2 gave NoneType, not a number"),
        ("return labels.nothing", "AttributeError"),
    ],
)
def test_what_is_no_number_is_said_with_the_users_file(tmp_path, body, said):
    with pytest.raises(UserError, match="own_metrics") as caught:
        user_metrics.measured(file(tmp_path, body), ["f2"], LABELS, ANSWERS)
    assert said in caught.value.render()


def test_what_is_measured_is_what_has_a_bound_and_is_not_ours():
    slices = [{"by": "label", "min_examples": 3, "accuracy": {"at_least": 1}, "loss": None, "f3": {"at_most": 1}}]
    asked = {"module": "/m.py", "bounds": {"f2": {"at_least": 1}, "auc": {"at_least": 1}}, "slices": slices}
    assert user_metrics.asked_for(asked) == ("/m.py", ["f2", "f3"])
    assert user_metrics.asked_for({**asked, "module": None}) is None


def test_a_rule_of_ones_own_stops_a_sick_training(tmp_path):
    import keras

    from graduate.pipeline import recording
    from graduate.training import Rows, TrainingOptions, train

    (tmp_path / "late_rules.py").write_text(RULE)
    random = np.random.default_rng(0)
    rows = Rows(random.normal(size=(64, 3)).astype(np.float32), random.integers(0, 2, 64).astype(np.int32))
    settings = {"record_every": 1, "during_training": "stop", "rules": {}, "ignore": [], "module": "late_rules.py"}
    watching = recording.Watching(
        {"diagnostics": settings}, tmp_path, rows, lambda inputs: inputs, ["a", "b"], str(tmp_path)
    )

    def build() -> keras.Model:
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])

    options = TrainingOptions.from_dict({"steps": 200, "batch_size": 16, "strategy": "cpu"})
    result = train(build, rows, rows, options, classes=["a", "b"], callbacks=watching.callbacks)
    assert result.steps < 200
    assert watching.stopped == "late: It is late."
