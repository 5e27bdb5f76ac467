"""preprocessing-mismatch: rows of other sets beside the training rows."""

from graduate.diagnose import diagnose
from graduate.rules import load
from tests.unit.rules.data_traces import INPUTS, LABELS, finder, run

found = finder("preprocessing-mismatch")


def given(which="validation", factor=1.0, shift=0.0, rows=400, train=None, **how):
    train = {**INPUTS, **(train or {})}
    other = {
        **train,
        "rows": rows,
        "feature_means": [m * factor + shift for m in train["feature_means"]],
        "feature_stds": [s * factor for s in train["feature_stds"]],
        "mean": shift,
        "std": factor,
    }
    return run(**{"inputs__train": train, f"inputs__{which}": {**other, **how.pop("other", {})}}, **how)


def SICK():
    return given(factor=255.0, validation=0.2)


def HEALTHY():
    return given()


def test_rows_for_evaluate_and_predict_are_compared_too():
    assert found(given("evaluate", factor=255.0))
    assert found(given("predict", factor=1 / 255))
    assert not found(given("predict", factor=2.5))


def test_a_model_that_does_as_well_is_left_alone():
    assert not found(given(shift=5.0, validation=0.95))
    assert not found(given(factor=255.0, train={"first_layer_normalises": True}, validation=0.95))
    assert found(given(factor=255.0, validation=0.95))


def test_drift_and_few_rows_are_none():
    assert not found(given(shift=0.6, validation=0.9))
    assert not found(given(shift=2.0, rows=4))


def test_a_moderate_difference_counts_where_a_baseline_stumbles_too():
    labels = {**LABELS, "rows": 400}
    told = {"baseline": {"validation": 0.12}, "labels__validation": labels, "validation": 0.1}
    assert found(given(shift=0.9, **told))
    assert not found(given(shift=0.9, **{**told, "baseline": {"validation": 0.9}}))


def test_a_single_column_far_off_is_found():
    assert found(given(other={"feature_means": [0.0, 0.1, 900.0, 0.0]}, validation=0.3))


def test_gaps_on_one_side_only_are_found():
    assert found(given(other={"nonfinite": 7}))
    assert not found(given(train={"nonfinite": 9}, other={"nonfinite": 7}))


def test_another_shape_is_another_model():
    assert not found(given("predict", factor=255.0, other={"shape": [9]}))


def test_a_few_broken_numbers_do_not_hide_or_make_a_difference():
    plain = [-2.3, -0.7, 0.0, 0.7, 2.3]
    stretched = given(factor=8.0, validation=0.2, train={"quantiles": plain}, other={"quantiles": plain})
    assert not found(stretched)
    squeezed = given(factor=0.9, train={"quantiles": plain}, other={"quantiles": [0.0, 0.02, 0.03, 0.04, 0.06]})
    assert found(squeezed)


def test_answers_that_are_wrong_more_often_than_a_guess_are_blamed_on_rows_prepared_otherwise():
    labels = {**LABELS, "rows": 400}
    baseline = {"score": 0.98, "validation": 0.005}
    told = {"baseline": baseline, "labels__validation": labels, "validation": 0.0}
    rules = [load("preprocessing-mismatch"), load("wrong-label-encoding")]
    both = diagnose(given(shift=1.05, **told), rules=rules).findings
    assert [(one.fault, one.caused_by) for one in both] == [
        ("preprocessing-mismatch", None),
        ("wrong-label-encoding", "preprocessing-mismatch"),
    ]
    alone = diagnose(given(**told), rules=rules).findings
    assert alone[0].fault == "wrong-label-encoding"


def test_a_value_too_rare_for_a_small_set_is_none_of_the_preparation():
    means, stds, common = [0.0, 0.1, -0.1, 0.008], [1.0, 1.1, 0.9, 0.089], [0.01, 0.01, 0.01, 0.992]
    train = {"feature_means": means, "feature_stds": stds, "feature_common": common, "looked_at": 248}
    poor = {"validation": 0.2}
    never = {"feature_means": [*means[:3], 0.0], "feature_stds": [*stds[:3], 0.0]}
    assert not found(given(rows=52, train=train, other={**never, "looked_at": 52}, **poor))
    assert found(given(rows=2000, train=train, other={**never, "looked_at": 2000}, **poor))
    emptied = {"feature_means": [0.0, *means[1:]], "feature_stds": [0.0, *stds[1:]], "looked_at": 52}
    assert found(given(rows=52, train=train, other=emptied, **poor))
    assert found(
        given(rows=52, train=train, other={**never, "feature_means": [*means[:3], 9.0], "looked_at": 52}, **poor)
    )
