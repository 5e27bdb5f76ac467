"""class-imbalance-collapse: the commonest class and nothing else."""

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("class-imbalance-collapse")


def fraud(predicted, recall, counts=None, loss=0.18, **how):
    counts = counts or {"0": 950, "1": 50}
    final = {
        "train": {"rows": 1000, "metric": 0.95, "label_counts": counts, "predicted_counts": predicted, "recall": recall}
    }
    labels = {"kind": "binary", "counts": counts, "distinct": len(counts), "largest": 1.0, **how}
    return run(labels__train=labels, final=final, constant={"metric": 0.95, "loss": 0.2}, loss=[loss] * 50)


def SICK():
    return fraud({"0": 1000, "1": 0}, {"0": 1.0, "1": 0.0})


def HEALTHY():
    return fraud({"0": 940, "1": 60}, {"0": 0.98, "1": 0.8})


def test_some_rare_rows_found_are_no_collapse():
    assert not found(fraud({"0": 985, "1": 15}, {"0": 0.99, "1": 0.2}))


def test_too_few_rare_rows_say_nothing():
    assert not found(fraud({"0": 1000}, {"0": 1.0, "1": 0.0}, {"0": 995, "1": 5}))


def test_balanced_labels_collapse_for_another_reason():
    assert not found(fraud({"0": 1000}, {"0": 1.0, "1": 0.0}, {"0": 520, "1": 480}))


def test_of_several_rare_classes_most_must_be_missing():
    counts = {"0": 800, "1": 100, "2": 60, "3": 40}
    assert found(fraud({"0": 1000}, {"0": 1.0, "1": 0.0, "2": 0.0, "3": 0.0}, counts))
    assert not found(fraud({"0": 850, "1": 90, "2": 60}, {"0": 1.0, "1": 0.8, "2": 0.8, "3": 0.0}, counts))


def test_a_model_that_ranks_well_is_a_warning():
    trace = fraud({"0": 1000, "1": 0}, {"0": 1.0, "1": 0.0}, loss=0.08)
    assert [one.severity for one in found(trace)] == [Severity.WARNING]


def test_a_few_rows_found_of_one_rare_class_do_not_speak_for_the_other():
    counts = {"0": 920, "1": 50, "2": 30}
    assert found(fraud({"0": 993, "1": 7}, {"0": 1.0, "1": 0.14, "2": 0.0}, counts))
    assert not found(fraud({"0": 980, "1": 20}, {"0": 1.0, "1": 0.4, "2": 0.0}, counts))
