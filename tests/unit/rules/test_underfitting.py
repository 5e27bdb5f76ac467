"""underfitting: below a simple baseline on the training rows themselves."""

import numpy as np

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("underfitting")


def SICK():
    return run(score=0.3, loss=[2.0] * 100)


def HEALTHY():
    return run()


def test_a_run_that_was_still_learning_needs_time():
    assert found(run(score=0.3, loss=np.linspace(2.3, 1.5, 100)))[0].remedies[0] == "longer-training"
    assert found(SICK())[0].remedies[0] == "more-capacity"


def test_a_small_distance_is_a_warning_or_nothing():
    assert found(run(score=0.7))[0].severity is Severity.WARNING
    assert not found(run(score=0.9))


def test_hard_data_is_no_fault():
    assert not found(run(score=0.12, baseline={"score": 0.12}))
    assert not found(run(score=0.3, metric="r2", baseline={"score": 0.33}))


def test_a_regression_is_judged_by_r2():
    assert found(run(score=0.2, metric="r2", baseline={"score": 0.9}))


def test_a_linear_model_where_ridge_fails_too_lacks_layers_for_sure():
    scores = {"scores": {"ridge/plain": 0.12, "knn/plain": 0.95}}
    line = [{"name": "out", "class": "Dense", "activation": "softmax", "parameters": 50, "output": True}]
    sure = found(run(score=0.3, loss=[2.0] * 100, baseline=scores, layers=line))[0]
    assert sure.remedies == ("more-capacity",)
    assert sure.confidence > found(SICK())[0].confidence
    bent = [{"name": "hidden", "class": "Dense", "activation": "relu", "parameters": 50, "output": False}, *line]
    assert found(run(score=0.3, loss=[2.0] * 100, baseline=scores, layers=bent))[0].confidence < sure.confidence


def test_outputs_that_are_no_predictions_are_not_judged():
    own = {"loss": "custom", "output_units": 2, "output_shape": [2], "output_activation": "linear"}
    assert not found(
        run(score=-20.0, metric="r2", baseline={"score": 0.9}, objective=own, labels__train={"shape": [1]})
    )


def test_a_very_short_run_on_its_way_is_a_warning():
    short = run(score=0.5, loss=np.linspace(2.3, 1.5, 40), program={"updates": 40})
    assert [one.severity for one in found(short)] == [Severity.WARNING]


def test_rare_labels_are_judged_by_the_loss_where_it_says_more():
    rare = {"metric": 0.9, "loss": 0.33}
    scored = {"baseline": {"score": 1.0, "permuted": 0.9}, "constant": rare, "score": 0.905}
    assert not found(run(loss=np.linspace(0.6, 0.08, 100), **scored))
    assert found(run(loss=np.linspace(0.6, 0.32, 100), **scored))


def test_a_hidden_layer_of_one_unit_is_too_narrow_for_sure():
    narrow = [
        {"name": "neck", "class": "Dense", "activation": "relu", "units": 1, "parameters": 5, "output": False},
        {"name": "out", "class": "Dense", "activation": "softmax", "units": 10, "parameters": 20, "output": True},
    ]
    assert found(run(score=0.3, loss=[2.0] * 100, layers=narrow))[0].confidence > found(SICK())[0].confidence
