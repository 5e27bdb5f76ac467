"""mode-mismatch: the same rows in training and in inference mode."""

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.rule_traces import falling, network

RULE = load("mode-mismatch")
NORMALISED = {1: {"class": "BatchNormalization"}}
DROPPED = {1: {"class": "Dropout", "rate": 0.5}}


def modes(loss, training, metric, in_training):
    looks = {"loss": loss, "loss_training": training, "metric": metric, "metric_training": in_training}
    return {"probe": {key: [1.1, 0.5, value] for key, value in looks.items()}}


def SICK():
    return network(layer=NORMALISED, loss=falling(), score=0.4, looks=modes(2.7, 0.1, 0.4, 0.97))


def HEALTHY():
    return network(layer=NORMALISED, looks=modes(0.11, 0.1, 0.96, 0.97))


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_the_normalisation_is_named():
    assert found(SICK())[0].layers == ("dense_1",)


def test_dropout_that_makes_training_worse_is_none():
    assert not found(network(layer=DROPPED, looks=modes(0.1, 0.6, 0.97, 0.75)))


def test_training_mode_far_worse_without_dropout_is_found():
    assert found(network(layer=NORMALISED, looks=modes(0.1, 1.5, 0.97, 0.4)))


def test_a_loop_that_never_says_training_is_found():
    assert found(network(layer=DROPPED, known={"modes": {"gradient_training": 0, "gradient_inference": 200}}))


def test_a_loop_that_says_so_is_none():
    assert not found(network(layer=DROPPED, known={"modes": {"gradient_training": 200, "gradient_inference": 0}}))


def dropping(zeros):
    layer = {1: {"class": "Dropout", "rate": 0.5, "inputs": ["dense_0"]}}
    return network(layer=layer, looks={0: {"zeros": [0.5, 0.4, 0.4]}, 1: {"zeros": zeros}})


def test_dropout_that_drops_in_inference_too_is_found():
    assert found(dropping([0.75, 0.7, 0.7]))
    assert not found(dropping([0.5, 0.4, 0.4]))


def test_loaded_statistics_kept_on_purpose_are_none():
    known = {"modes": {"gradient_inference": 200}, "program": {"ended": "finished", "fine_tuning": True}}
    assert not found(network(layer=NORMALISED, known=known))


def alone(share, score, **layer):
    order = {"batch_one_class_share": share, "expected_one_class_share": 0.0}
    labels = {"kind": "class_index", "distinct": 3, "order": order}
    return network(layer={1: layer} if layer else None, known={"labels.train": labels}, score=score)


def test_batches_of_one_class_under_a_batch_normalisation_are_found_where_nothing_is_learnt():
    assert found(alone(1.0, 0.4, **NORMALISED[1]))
    assert not found(alone(1.0, 0.95, **NORMALISED[1]))
    assert not found(alone(0.1, 0.4, **NORMALISED[1]))
    assert not found(alone(1.0, 0.4))
