"""The rules of the gate: what passes, what does not, and the sentence a person reads."""

from __future__ import annotations

import math

import pytest

from graduate.gating import Baseline, distinct, judge

NONE = Baseline.none()
ALL = {"": {"accuracy": 0.961, "loss": 0.2, "examples": 180}}


def sentences(checks):
    return [check.sentence for check in checks]


def test_a_metric_within_its_bound_passes_with_both_numbers():
    [check] = judge(ALL, NONE, {"accuracy": {"at_least": 0.95}})
    assert check.passed
    assert check.sentence == "accuracy is 0.961, within the bound of at least 0.95."
    assert (check.value, check.bound, check.slice) == (0.961, 0.95, None)


def test_a_metric_at_its_bound_passes():
    assert judge({"": {"accuracy": 0.95}}, NONE, {"accuracy": {"at_least": 0.95}})[0].passed
    assert judge({"": {"loss": 0.25}}, NONE, {"loss": {"at_most": 0.25}})[0].passed


def test_rounding_of_the_last_bit_refuses_nobody():
    mean = (0.1 + 0.2 + 0.3 + 0.4 + 0.5 + 0.6 + 0.7 + 0.8) / 8  # 0.45, up to a bit
    assert judge({"": {"recall": mean}}, NONE, {"recall": {"at_least": 0.45}})[0].passed
    last = Baseline({"": {"accuracy": 0.95}})
    assert judge({"": {"accuracy": 0.94}}, last, {"accuracy": {"worse_than_last_by": 0.01}})[0].passed


def test_a_refusal_names_metric_value_and_bound():
    checks = judge(ALL, NONE, {"accuracy": {"at_least": 0.97}, "loss": {"at_most": 0.1}})
    assert [check.passed for check in checks] == [False, False]
    assert sentences(checks) == ["accuracy is 0.961, below the bound 0.97.", "loss is 0.2, above the bound 0.1."]


def test_both_bounds_of_one_metric_are_judged():
    checks = judge(ALL, NONE, {"accuracy": {"at_least": 0.9, "at_most": 0.95}})
    assert [check.passed for check in checks] == [True, False]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("bound", [{"at_least": 0.0}, {"at_most": 1.0}, {"worse_than_last_by": 1.0}])
def test_a_number_that_is_none_never_passes(value, bound):
    [check] = judge({"": {"loss": value}}, Baseline({"": {"loss": 0.1}}), {"loss": bound})
    assert not check.passed
    assert check.sentence == f"loss is {value}, not a finite number."


def test_a_metric_that_was_not_measured_never_passes():
    for metrics in ({}, {"": {}}, {"": {"auc": None}}):
        [check] = judge(metrics, NONE, {"auc": {"at_least": 0.0}})
        assert not check.passed
        assert check.sentence == "auc was not measured, so its bound cannot be met."


def test_without_any_bound_nothing_passes():
    [check] = judge(ALL, NONE, {})
    assert not check.passed
    assert "No bound is set" in check.sentence


def test_without_a_last_graduate_a_comparison_is_skipped_and_said():
    [check] = judge(ALL, NONE, {"accuracy": {"worse_than_last_by": 0.01}})
    assert check.passed
    assert check.sentence == ("accuracy is not compared with the last graduate: no model has been pushed before.")


@pytest.mark.parametrize(
    ("name", "value", "last", "passed", "end"),
    [
        ("accuracy", 0.95, 0.97, False, "0.02 worse than the last graduate's 0.97, more than the 0.01 allowed."),
        ("accuracy", 0.965, 0.97, True, "0.005 worse than the last graduate's 0.97, within the 0.01 allowed."),
        ("accuracy", 0.98, 0.97, True, "better than the last graduate's 0.97."),
        ("accuracy", 0.97, 0.97, True, "no worse than the last graduate's 0.97."),
        ("loss", 0.3, 0.2, False, "0.1 worse than the last graduate's 0.2, more than the 0.01 allowed."),
        ("loss", 0.1, 0.2, True, "better than the last graduate's 0.2."),
        ("calibration_error", 0.5, 0.1, False, "0.4 worse than the last graduate's 0.1, more than the 0.01 allowed."),
    ],
)
def test_worse_means_less_accuracy_and_more_loss(name, value, last, passed, end):
    [check] = judge({"": {name: value}}, Baseline({"": {name: last}}), {name: {"worse_than_last_by": 0.01}})
    assert check.passed is passed
    assert check.sentence.endswith(end)
    assert check.sentence.startswith(f"{name.replace('_', ' ')} is {value:.4g}, ")


@pytest.mark.parametrize(
    ("bound", "value", "passed"),
    [({}, 0.6, True), ({}, 0.4, False), ({"at_most": 9}, 0.4, True), ({"at_most": 9}, 0.6, False)],
)
def test_what_is_worse_of_a_metric_of_ones_own_follows_from_its_bound(bound, value, passed):
    checks = judge({"": {"mine": value}}, Baseline({"": {"mine": 0.5}}), {"mine": {**bound, "worse_than_last_by": 0}})
    assert all(check.passed for check in checks) is passed


def test_no_worse_at_all_may_be_asked():
    rule = {"accuracy": {"worse_than_last_by": 0.0}}
    assert judge({"": {"accuracy": 0.9}}, Baseline({"": {"accuracy": 0.9}}), rule)[0].passed
    assert not judge({"": {"accuracy": 0.89}}, Baseline({"": {"accuracy": 0.9}}), rule)[0].passed


def test_a_last_graduate_that_measured_nothing_is_not_compared_with():
    [check] = judge(ALL, Baseline({"": {"accuracy": math.nan}}), {"accuracy": {"worse_than_last_by": 0.0}})
    assert check.passed
    assert "the last graduate has no such number" in check.sentence


SLICED = {
    **ALL,
    "label=8": {"accuracy": 0.82, "examples": 34},
    "label=9": {"accuracy": 0.5, "examples": 3},
    "label=1": {"accuracy": 1.0, "examples": 1},
    "source=a": {"accuracy": 0.1, "examples": 90},
}


def test_a_slice_is_named_with_its_rows():
    checks = judge(SLICED, NONE, {}, [{"by": "label", "min_examples": 20, "accuracy": {"at_least": 0.85}}])
    assert sentences(checks) == [
        "label=1 is not judged: 1 row, fewer than min_examples 20.",
        "accuracy on label=8 is 0.82 (34 rows), below the bound 0.85.",
        "label=9 is not judged: 3 rows, fewer than min_examples 20.",
    ]
    assert [check.passed for check in checks] == [True, False, True]
    assert checks[1].slice == "label=8"


def test_only_the_slices_that_the_rule_names_are_judged():
    checks = judge(SLICED, NONE, {}, [{"by": "label", "accuracy": {"at_least": 0.01}}])
    assert all(check.slice.startswith("label=") for check in checks)
    assert all(check.passed for check in checks)


def test_a_slice_of_the_last_graduate_is_compared_with_the_same_slice():
    last = Baseline({"": {"accuracy": 0.1}, "label=8": {"accuracy": 0.9}})
    rule = [{"by": "label", "min_examples": 20, "accuracy": {"worse_than_last_by": 0.05}}]
    check = judge(SLICED, last, {}, rule)[1]
    assert check.sentence == (
        "accuracy on label=8 is 0.82 (34 rows), 0.08 worse than the last graduate's 0.9, more than the 0.05 allowed."
    )


def test_a_feature_that_no_row_has_is_refused():
    [check] = judge(SLICED, NONE, {}, [{"by": "sauce", "accuracy": {"at_least": 0.1}}])
    assert not check.passed
    assert "No row has the feature 'sauce'" in check.sentence


def test_metrics_of_a_slice_rule_that_are_null_in_the_config_are_no_bounds():
    rule = [{"by": "label", "min_examples": 20, "accuracy": {"at_least": 0.8, "at_most": None}, "loss": None}]
    assert [check.passed for check in judge(SLICED, NONE, {}, rule)] == [True, True, True]


@pytest.mark.parametrize(
    ("value", "bound", "shown"),
    [
        (0.94999, 0.95, ("0.94999", "0.95")),
        (0.9499999, 0.95, ("0.9499999", "0.95")),
        (0.95, 0.95, ("0.95", "0.95")),
        (1 / 3, 0.5, ("0.3333", "0.5")),
        (123456.0, 123457.0, ("123456", "123457")),
    ],
)
def test_numbers_that_differ_never_look_equal(value, bound, shown):
    assert distinct(value, bound) == shown
