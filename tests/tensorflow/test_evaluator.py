"""The Evaluator on small real SavedModels: numbers against NumPy, verdicts, what it does with a baseline."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from tfx.types import artifact_utils, standard_artifacts

from graduate.components import artifacts
from graduate.components.evaluator import EvaluatorExecutor
from graduate.errors import DataError
from tests.tensorflow import tiny_models

CLASSES = ["a", "b", "c"]
RULES = {"split": "test", "bounds": {"accuracy": {"at_least": 0.5}}, "slices": []}


def artifact_at(kind, folder, number=1, **properties):
    made = kind()
    made.uri = os.fspath(folder)
    made.id = number
    for name, value in properties.items():
        setattr(made, name, value)
    return made


def rows(folder, number=60, split="test", margin=1.5):
    random = np.random.default_rng(3)
    labels = [CLASSES[index] for index in random.integers(0, 3, number)]
    logits = random.normal(size=(number, 3)).astype(np.float32)
    logits[np.arange(number), [CLASSES.index(label) for label in labels]] += margin
    colours = [["red", "blue"][index % 2] for index in range(number)]
    more = {"colour": colours, "age": [float(20 + index) for index in range(number)], "rooms": [1, 2] * (number // 2)}
    tiny_models.save_examples(folder, split, logits, labels, **more)
    made = artifact_at(standard_artifacts.Examples, folder)
    made.split_names = artifact_utils.encode_split_names([split])
    return made, logits, np.array([CLASSES.index(label) for label in labels]), np.array(colours)


def evaluate(tmp_path, examples, model, rules=RULES, baseline=None):
    evaluation = artifact_at(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")
    verdict = artifact_at(artifacts.Verdict, tmp_path / "verdict")
    given = {"examples": [examples], "model": [artifact_at(standard_artifacts.Model, model)]}
    if baseline is not None:
        given["baseline"] = [baseline]
    beam_args = ["--runner=BundleBasedDirectRunner", "--sdk_container_image=local"]
    executor = EvaluatorExecutor(EvaluatorExecutor.Context(beam_pipeline_args=beam_args))
    executor.Do(given, {"evaluation": [evaluation], "verdict": [verdict]}, {"rules": json.dumps(rules)})
    with open(os.path.join(evaluation.uri, "metrics.json"), encoding="utf-8") as opened:
        return json.load(opened), artifacts.read_verdict(verdict), evaluation.uri


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def area(scores, own):
    pairs = scores[own][:, None] - scores[~own][None, :]
    return float(((pairs > 0) + (pairs == 0) / 2).mean())


def test_the_numbers_are_those_that_numpy_and_scikit_learn_give(tmp_path):
    examples, logits, labels, colours = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    rules = {**RULES, "slices": [{"by": "colour", "accuracy": {"at_least": 0.1}}, {"by": "label", "min_examples": 5}]}
    metrics, verdict, folder = evaluate(tmp_path, examples, model, rules)

    from sklearn import metrics as sk

    given = softmax(logits)
    best = given.argmax(axis=1)
    overall = metrics["overall"]
    assert overall["examples"] == 60
    assert overall["accuracy"] == pytest.approx((best == labels).mean())
    assert overall["loss"] == pytest.approx(-np.log(given[np.arange(60), labels]).mean(), rel=1e-5)
    assert overall["precision"] == pytest.approx(sk.precision_score(labels, best, average="macro"))
    assert overall["recall"] == pytest.approx(sk.recall_score(labels, best, average="macro"))
    assert overall["auc"] == pytest.approx(np.mean([area(given[:, k], labels == k) for k in range(3)]), abs=2e-3)
    assert metrics["confusion_matrix"]["rows"] == sk.confusion_matrix(labels, best).tolist()
    assert metrics["per_class"]["b"]["recall"] == pytest.approx(sk.recall_score(labels, best, average=None)[1])
    confidence, right = given.max(axis=1), best == labels
    bins = np.ceil(confidence * 15).astype(int)
    gaps = [abs(confidence[bins == b].sum() - right[bins == b].sum()) for b in np.unique(bins)]
    assert overall["calibration_error"] == pytest.approx(sum(gaps) / 60, rel=1e-5)
    assert sum(bin["examples"] for bin in metrics["calibration"]) == 60
    red = colours == "red"
    assert metrics["slices"]["colour=red"]["accuracy"] == pytest.approx((best == labels)[red].mean())
    assert metrics["slices"]["label=a"]["examples"] == (labels == 0).sum()
    assert verdict.passed
    assert metrics["baseline"] == {"none": "no model has been pushed before"}

    import tensorflow_model_analysis as tfma

    read = tfma.load_eval_result(folder).get_metrics_for_slice()
    assert read["accuracy"]["doubleValue"] == pytest.approx(overall["accuracy"])


def test_a_number_with_many_values_is_sliced_into_ranges_and_one_with_few_by_value(tmp_path):
    examples, logits, labels, _ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    rules = {**RULES, "slices": [{"by": "age", "accuracy": {"at_least": 0.1}}, {"by": "rooms", "min_examples": 5}]}
    metrics, verdict, _ = evaluate(tmp_path, examples, model, rules)
    sliced = metrics["slices"]
    assert sorted(name for name in sliced if name.startswith("age=")) == [
        "age=20 to 34", "age=34 to 49", "age=49 to 64", "age=64 to 79"
    ]  # fmt: skip
    right = softmax(logits).argmax(axis=1) == labels
    assert sliced["age=34 to 49"]["accuracy"] == pytest.approx(right[14:29].mean())
    assert sliced["age=64 to 79"]["examples"] == 16
    assert sliced["rooms=2"]["examples"] == 30
    assert verdict.passed


def test_a_refusal_names_metric_slice_value_and_bound(tmp_path):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    rules = {
        "split": "test",
        "bounds": {"accuracy": {"at_least": 0.99}},
        "slices": [{"by": "label", "accuracy": {"at_least": 0.999}, "min_examples": 5}],
    }
    _, verdict, _ = evaluate(tmp_path, examples, model, rules)
    assert not verdict.passed
    assert any("accuracy is 0." in reason and "below the bound 0.99" in reason for reason in verdict.reasons)
    assert any("accuracy on label=" in reason and "rows" in reason for reason in verdict.reasons)


def test_a_worse_model_than_the_last_graduate_is_refused(tmp_path):
    examples, *_ = rows(tmp_path / "examples", margin=9)  # the last graduate makes no mistake, the new one many kinds
    model = tiny_models.save_model(tmp_path / "model", CLASSES, shift=1)
    last = artifact_at(standard_artifacts.Model, tiny_models.save_model(tmp_path / "last", CLASSES))
    rules = {**RULES, "bounds": {"accuracy": {"worse_than_last_by": 0.05}}}
    metrics, verdict, _ = evaluate(tmp_path, examples, model, rules, last)
    assert metrics["baseline"]["overall"]["accuracy"] > metrics["overall"]["accuracy"]
    assert "worse than the last graduate's" in verdict.reasons[0]
    assert not verdict.passed


def test_a_last_graduate_with_its_classes_in_another_order_is_compared(tmp_path):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    # its logits are rolled by one, and so are its class names: the same answers
    last = artifact_at(standard_artifacts.Model, tiny_models.save_model(tmp_path / "last", ["c", "a", "b"], shift=1))
    metrics, _, _ = evaluate(tmp_path, examples, model, baseline=last)
    assert metrics["baseline"]["overall"] == pytest.approx(metrics["overall"])


@pytest.mark.parametrize("classes", [["a", "b", "c", "d"], ["a", "b", "x"]])
def test_a_last_graduate_with_other_classes_is_not_compared_and_it_is_said(tmp_path, classes):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    last = artifact_at(standard_artifacts.Model, tiny_models.save_model(tmp_path / "last", classes))
    rules = {**RULES, "bounds": {"accuracy": {"at_least": 0.5, "worse_than_last_by": 0.01}}}
    metrics, verdict, _ = evaluate(tmp_path, examples, model, rules, last)
    assert metrics["baseline"]["none"].startswith("it knows other classes")
    assert verdict.passed
    assert any("not compared with the last graduate: it knows other classes" in reason for reason in verdict.reasons)


def test_an_artifact_marked_none_is_no_baseline(tmp_path):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    last = artifact_at(standard_artifacts.Model, tmp_path / "nowhere")
    last.set_int_custom_property("none", 1)
    metrics, verdict, _ = evaluate(tmp_path, examples, model, baseline=last)
    assert metrics["baseline"] == {"none": "no model has been pushed before"}
    assert verdict.passed


def test_a_last_graduate_that_breaks_is_left_out_and_it_is_said(tmp_path):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    last = tiny_models.save_model(tmp_path / "last", CLASSES)
    with open(os.path.join(last, "Format-Serving", "saved_model.pb"), "wb") as opened:
        opened.write(b"damaged")
    metrics, _, _ = evaluate(tmp_path, examples, model, baseline=artifact_at(standard_artifacts.Model, last))
    assert metrics["baseline"]["none"].startswith("it cannot be evaluated")


def test_a_model_that_answers_nan_is_refused(tmp_path):
    examples, *_ = rows(tmp_path / "examples")
    model = tiny_models.save_model(tmp_path / "model", CLASSES, scale=float("nan"))
    rules = {**RULES, "bounds": {"loss": {"at_most": 10.0}}}
    metrics, verdict, _ = evaluate(tmp_path, examples, model, rules)
    assert metrics["overall"]["loss"] is None
    assert metrics["overall"]["accuracy"] == 0
    assert "not a finite number" in verdict.reasons[0]


def test_an_empty_split_is_the_data_s_fault(tmp_path):
    examples, *_ = rows(tmp_path / "examples", split="eval")
    model = tiny_models.save_model(tmp_path / "model", CLASSES)
    with pytest.raises(DataError, match="the test split has no rows"):
        evaluate(tmp_path, examples, model)


def test_counts_that_were_added_up_in_parts_are_those_of_the_whole():
    from graduate.components.classifier_metrics import Counts

    random = np.random.default_rng(1)
    given = softmax(random.normal(size=(500, 4)))
    labels = random.integers(-1, 4, 500)
    whole, parts = Counts(), [Counts() for _ in range(3)]
    for index, (label, row) in enumerate(zip(labels, given, strict=True)):
        whole.add(label, row)
        parts[index % 3].add(label, row)
    merged = Counts()
    for part in parts:
        merged += part
    overall, per_class = whole.fold().numbers()
    assert merged.numbers()[0] == pytest.approx(overall)
    for name, values in per_class.items():
        np.testing.assert_allclose(merged.numbers()[1][name], values)
