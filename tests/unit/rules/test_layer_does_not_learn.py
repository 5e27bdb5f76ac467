"""layer-does-not-learn: exact facts over the whole run; frozen on purpose is fine."""

import numpy as np

from graduate.diagnose import diagnose, fold
from graduate.findings import Finding, Severity
from graduate.rules import load
from graduate.trace.memory import made
from tests.unit.rules.rule_traces import STEPS, flat, network

RULE = load("layer-does-not-learn")
FROZEN = {0: {"trainable": False}}


def still(columns, gradient=None, step=None, **how):
    """A run in which some columns never move, or only at one step."""
    moved, norm = np.full((STEPS, 3), 0.02), np.full((STEPS, 3), 0.1)
    moved[:, columns] = 0
    if step is not None:
        moved[step, columns] = 0.02
    if gradient is not None:
        norm[:, columns] = gradient
    return network(tables={"update_norm": moved, "gradient_norm": norm}, **how)


def SICK():
    return still([0], np.nan, known={"gradients": {"none": ["dense_0/kernel"], "taken": 1}})


def HEALTHY():
    return network()


def found(trace):
    return diagnose(trace, rules=[RULE]).findings


def test_a_gradient_that_is_none_is_found_though_the_rest_learns():
    assert found(SICK())[0].layers == ("dense_0",)


def test_weights_that_the_optimizer_never_got_are_found():
    trace = still([0], np.nan, known={"gradients": {"missing": ["dense_0/kernel"], "taken": 1}})
    assert found(trace)[0].layers == ("dense_0",)


def test_a_gradient_that_is_always_zero_is_found():
    assert found(still([1], 0.0))[0].layers == ("dense_1",)


def test_a_layer_that_moved_once_learns():
    assert not found(still([1], step=150))


def test_frozen_with_random_weights_counts_where_the_run_fails():
    assert found(network(layer=FROZEN, loss=flat(0.9), score=0.55))[0].layers == ("dense_0",)
    assert not found(network(layer=FROZEN))


def test_a_frozen_backbone_with_loaded_weights_is_none():
    program = {"kind": "fit", "ended": "finished", "fine_tuning": True}
    assert not found(network(layer=FROZEN, loss=flat(0.9), score=0.7, known={"program": program}))


def test_a_head_trained_on_loaded_weights_by_a_loop_is_none():
    program = {"kind": "loop", "ended": "finished", "fine_tuning": True}
    gradients = {"missing": ["dense_0/kernel"], "taken": 1}
    assert not found(still([0], np.nan, known={"gradients": gradients, "program": program}))


def test_another_model_that_no_optimizer_got_is_found():
    assert found(network(known={"gradients": {"left_out": ["encoder"], "taken": 1}}))[0].layers == ("encoder",)


def test_weights_that_are_nan_are_another_fault():
    nothing = np.full((STEPS, 3), np.nan)
    assert not found(network(tables={"update_norm": nothing, "gradient_norm": nothing, "weight_norm": nothing}))


def test_a_layer_surely_frozen_as_it_was_made_counts_beyond_a_weak_baseline():
    def frozen(bias, score=0.85):
        return network(layer=FROZEN, initial={0: {"bias_abs_max": bias}}, score=score, baseline=0.8)

    assert found(frozen(bias=0.0))
    assert not found(frozen(bias=0.2))
    assert not found(frozen(bias=0.0, score=0.95))


def test_a_model_without_anything_to_train_is_found():
    layers = [{"name": "dense", "trainable": False, "parameters": 9}]
    known = {"layers": layers, "program": {"ended": "finished"}}
    assert found(made(known=known))[0].layers == ("dense",)


def test_an_exact_fact_is_the_root_of_a_rate_that_seems_too_high():
    other = Finding("learning-rate-too-high", Severity.ERROR, (1, STEPS), (), (), "", confidence=0.8)
    rate = load("learning-rate-too-high")
    causes = {RULE.fault: RULE.causes, rate.fault: rate.causes}
    sure = found(SICK())[0]
    assert [one.caused_by for one in fold([other, sure], causes)] == [None, "layer-does-not-learn"]
    doubtful = found(still([1], 0.0))[0]
    assert fold([doubtful, other], causes)[0].fault == "learning-rate-too-high"
