"""sorted-rows: order of the labels, and whether the run suffers."""

from tests.unit.rules.data_traces import LABELS, REAL, finder, run

found = finder("sorted-rows")
SORTED = {
    "order": {
        "sorted": True,
        "run_length": 100.0,
        "expected_run_length": 1.1,
        "batch_one_class_share": 0.9,
        "expected_one_class_share": 0.0,
        "correlation": 0.99,
    }
}


def SICK():
    return run(labels__train=SORTED, score=0.15)


def HEALTHY():
    return run(labels__train=SORTED)


def test_long_runs_count_like_a_sorted_order():
    runs = {"order": {**SORTED["order"], "sorted": False}}
    assert found(run(labels__train=runs, score=0.15))
    assert not found(run(labels__train={"order": {**runs["order"], "batch_one_class_share": 0.0}}, score=0.15))
    assert not found(run(labels__train={"order": {**runs["order"], "batch_size": 100}}, score=0.15))


def test_a_shuffled_order_is_not_blamed():
    assert not found(run(score=0.15))


def test_targets_that_only_rise_are_found_where_they_hurt():
    labels = {**REAL, "order": {"sorted": True, "correlation": 0.999}}
    assert found(run(labels__train=labels, metric="r2", score=0.1))
    assert not found(run(labels__train=labels, metric="r2", score=0.95))


def test_a_validation_part_cut_off_the_end_is_found():
    known, seen = {str(n): 100 for n in range(8)}, {"8": 100, "9": 100}
    assert found(run(labels__train={"counts": known}, labels__validation={**LABELS, "counts": seen}))
    real = {**REAL, "least": 3.0, "largest": 5.0}
    assert found(run(labels__train=REAL, labels__validation=real, metric="r2", validation=-3.0))
    assert not found(run(labels__train=REAL, labels__validation=real, metric="r2"))
    assert not found(run(labels__train=REAL, labels__validation=REAL, metric="r2"))


def test_smoothed_labels_of_made_and_real_rows_in_turn_are_no_sorted_amounts():
    order = {"sorted": False, "correlation": 0.98}
    judged = {**REAL, "least": 0.0, "largest": 0.9, "distinct": 2, "order": order}
    assert not found(run(labels__train=judged, metric="r2", score=-7.0))
    runs = {"run_length": 64.0, "expected_run_length": 2.0, "batch_one_class_share": 1.0, "batch_size": 64}
    assert not found(run(labels__train={**judged, "order": {**order, **runs}}, metric="r2", score=-7.0))
    long = {**order, **runs, "run_length": 900.0}
    assert found(run(labels__train={**judged, "order": long}, metric="r2", score=-7.0))


def test_amounts_of_many_values_that_hardly_change_are_still_found():
    labels = {**REAL, "order": {"sorted": False, "correlation": 0.99}}
    assert found(run(labels__train=labels, metric="r2", score=0.1))


def test_a_validation_part_of_hardly_the_same_classes_is_found_where_it_hurts():
    known, seen = {"0": 50, "1": 50, "2": 5}, {"2": 45}
    parts = {"labels__train": {"counts": known}, "labels__validation": {**LABELS, "rows": 45, "counts": seen}}
    assert found(run(**parts, validation=0.7))
    assert not found(run(**parts))
    alike = {**LABELS, "rows": 45, "counts": {"0": 25, "1": 18, "2": 2}}
    assert not found(run(labels__train={"counts": known}, labels__validation=alike, validation=0.7))


def test_groups_of_targets_one_after_the_other_are_found_where_the_run_failed():
    labels = {**REAL, "order": {"sorted": False, "correlation": 0.7}}
    assert found(run(labels__train=labels, metric="r2", score=-1.5))
    assert not found(run(labels__train=labels, metric="r2", score=0.7))
    series = {"shape": [24, 1]}
    assert not found(run(labels__train=labels, inputs__train=series, metric="r2", score=-1.5))
