"""The whole answer on the history of `story.py`, in both vocabularies."""

from __future__ import annotations

import json
import shutil

import pytest

from graduate.errors import UsageError
from graduate.pipeline.lineage import words
from graduate.pipeline.lineage.diff import Difference, diff
from graduate.pipeline.lineage.diff.text import WIDTH, text
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import COMPLETE, Writer, opened


def compared(told, one: str, other: str) -> Difference:
    return diff(*((told.records, words.resolve(told.records, told.story.runs[name])) for name in (one, other)))


def test_one_setting_that_differs_is_named_and_can_explain_it_alone(both):
    found = compared(both, "first", "faster")
    assert [(key.key, key.a, key.b) for key in found.config.keys] == [("training.learning_rate", 0.001, 0.003)]
    assert found.explanation.answer == "one_cause"
    [cause] = found.explanation.causes
    assert (cause.name, cause.reach, cause.nodes) == ("training.learning_rate", "model", ("Trainer",))
    assert "training.learning_rate (0.001 → 0.003)" in text(found)


def test_nodes_from_the_cache_prove_what_comes_before_them_the_same(both):
    found = compared(both, "first", "faster")
    assert {"ExampleGen", "Schema", "Transform"} <= set(found.explanation.same)
    assert "Trainer" not in found.explanation.same
    assert found.data.state == found.statistics.state == found.schema.state == "same"


def test_rows_are_told_and_what_the_same_weights_make_of_them(both):
    found = compared(both, "faster", "more_data")
    numbers = {name: getattr(found.data, name).number for name in ("added", "removed", "relabelled", "renamed")}
    assert numbers == {"added": 4, "removed": 2, "relabelled": 1, "renamed": 0}
    # the story's weights are of the settings alone, so that only the rows measured can have moved the metric
    assert found.weights.state == "same"
    assert found.explanation.answer == "measure"
    assert [(cause.kind, cause.reach) for cause in found.explanation.causes] == [("data", "measure")]
    assert [verdict.source for verdict in found.findings.verdicts] == ["Evaluator", "Gate"]


def test_a_run_that_was_never_evaluated_has_no_metric_to_explain(both):
    found = compared(both, "more_data", "sick")
    assert found.explanation.answer == "no_metric"
    assert [(fault.fault, fault.what) for fault in found.findings.faults] == [("vanishing-gradient", "appeared")]
    assert found.metrics.state == "unknown"


def test_a_failed_run_is_compared_as_far_as_it_came(both):
    found = compared(both, "sick", "failed")
    assert found.findings.statuses == ("sick", "failed")
    assert found.weights.state == "unknown"
    assert "training.steps" in {key.key for key in found.config.keys}


def test_a_run_is_the_same_as_itself_and_as_the_model_it_pushed(both):
    version = both.story.versions["first"]
    run = words.resolve(both.records, both.story.runs["first"])
    words_for_it = [both.story.runs["first"], f"digits:{version}"]
    if both.vocabulary == "local":  # nobody rolls back on a cluster
        words_for_it.append(f"digits:{both.story.versions['rollback']}")
    for word in words_for_it:
        found = diff((both.records, run), (both.records, words.resolve(both.records, word)))
        assert found.same
        assert "The same" in text(found)


def test_the_same_history_in_two_stores_is_the_same(records, story, on_kubeflow):
    told, _ = on_kubeflow
    for name in ("first", "more_data"):
        one = words.resolve(records, story.runs[name])
        other = words.resolve(told.records, told.story.runs[name])
        found = diff((records, one), (told.records, other))
        assert found.same, name
        assert not found.one_run


@pytest.mark.parametrize("pair", [("first", "faster"), ("faster", "more_data"), ("sick", "failed"), ("first", "pets")])
def test_the_text_fits_and_the_json_is_whole(both, pair):
    found = compared(both, *pair)
    assert max(len(line) for line in text(found).splitlines()) <= WIDTH
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    parts = {"metrics", "explanation", "findings", "config", "data", "statistics", "schema", "code", "weights"}
    assert parts | {"a", "b", "same"} == set(told)
    assert all(told[part]["state"] in ("same", "differs", "unknown") for part in parts - {"explanation"})


def test_where_all_files_are_gone_the_record_still_answers(own_story):
    shutil.rmtree(own_story.root / "artifacts")
    shutil.rmtree(own_story.root / "models")
    with Records(open_store(str(own_story.store))) as records:
        subjects = [words.resolve(records, own_story.runs[name]) for name in ("faster", "more_data")]
        found = diff(*((records, subject) for subject in subjects))
        sick = diff((records, subjects[1]), (records, words.resolve(records, own_story.runs["sick"])))
    assert found.data.state == found.weights.state == "unknown"
    assert "gone" in found.data.why
    assert found.metrics.headline.a == 0.9667  # from the run's own record
    assert [(fault.fault, fault.what) for fault in sick.findings.faults] == [("vanishing-gradient", "appeared")]
    assert "Cannot be compared: data" in text(found)


def test_a_setting_that_only_later_nodes_obey_cannot_move_a_metric(tmp_path):
    """Two runs of one's own making: `keep` is obeyed by the Pusher, `at_least` by the Evaluator, which judges by it."""
    found = _made(
        tmp_path, {"config:push.keep": 5}, {"config:push.keep": 3}, {"push": {"keep": 5}}, {"push": {"keep": 3}}
    )
    assert found.explanation.causes == ()
    [cause] = found.explanation.others
    assert (cause.name, cause.reach) == ("push.keep", "none")
    assert "Pusher" in cause.why


@pytest.mark.parametrize(("key", "reach"), [("bounds", "verdict"), ("split", "measure")])
def test_a_bound_turns_a_verdict_and_a_split_the_measure(tmp_path, key, reach):
    obeyed = [{f"config:evaluation.{key}": value} for value in ("a", "b")]
    found = _made(tmp_path, *obeyed, *({"evaluation": {key: value}} for value in ("a", "b")), node="Evaluator")
    [cause] = [*found.explanation.causes, *found.explanation.others]
    assert (cause.name, cause.reach) == (f"evaluation.{key}", reach)


def test_nothing_that_differs_and_other_weights_is_a_training_that_does_not_repeat_itself(tmp_path):
    found = _made(tmp_path, {}, {}, {"name": "x"}, {"name": "x"}, weights=("one", "other"))
    assert found.explanation.answer == "nondeterminism"
    seed = [{"config:training.seed": 1}, {"config:training.seed": 2}]
    configs = [{"training": {"seed": 1}}, {"training": {"seed": 2}}]
    found = _made(tmp_path / "seed", *seed, *configs, node="Trainer", weights=("one", "other"))
    assert found.explanation.answer == "seed"


def test_a_run_of_another_program_is_compared_by_its_parameters(tmp_path):
    """No config, no digests: the parameters that TFX records say what differs before the model."""
    found = _made(tmp_path, {"steps": 5}, {"steps": 9}, {}, {}, node="Trainer", weights=("one", "other"), plain=True)
    [cause] = found.explanation.causes
    assert (cause.kind, cause.name, cause.told, cause.reach) == ("parameter", "Trainer.steps", "5 → 9", "model")
    assert found.config.state == "unknown"
    assert "another program" in text(found)


def test_what_belongs_to_no_run_is_refused(tmp_path):
    writer = Writer(opened(tmp_path / "store"), tmp_path)
    [number] = writer.store.put_artifacts([writer.artifact("Model", "/nowhere")])
    with Records(open_store(str(tmp_path / "store"))) as records:
        subject = words.of_artifact(records, records.artifacts(ids=[number])[0])
        with pytest.raises(UsageError, match="belongs to no run"):
            diff((records, subject), (records, subject))


def _made(root, one, other, config, config_other, node="Pusher", weights=("same", "same"), plain=False):
    """Two runs of Trainer, Evaluator and Pusher; `one` and `other` are what a node of them obeys."""
    from graduate.pipeline import record

    root.mkdir(parents=True, exist_ok=True)
    writer = Writer(opened(root / "store"), root)
    [rows] = writer.store.put_artifacts([writer.artifact("Examples", str(root))])
    for name, obeyed, values, content in zip("ab", (one, other), (config, config_other), weights, strict=True):
        if values:
            record.start_run(writer.store, name, "p", values, "f")

        def given(at, obeyed=obeyed):
            mine = obeyed if at == node else {}
            return mine if plain else {"obeys": mine}

        model = writer.artifact("Model", str(writer.folder("p", "Trainer", "model")))
        variables = root / model.uri / "Format-Serving" / "variables"
        variables.mkdir(parents=True)
        (variables / "variables.index").write_text(content)
        [trained] = writer.execution(
            "p", name, "Trainer", {"examples": [rows]}, {"model": [model]}, given("Trainer"), COMPLETE
        )
        evaluation = writer.artifact("ModelEvaluation", str(writer.folder("p", "Evaluator", "evaluation")))
        told = {"overall": {"accuracy": 0.5 + 0.25 * (name == "b"), "examples": 4.0}}
        with open(f"{evaluation.uri}/metrics.json", "w") as opened_file:
            json.dump(told, opened_file)
        inputs = {"examples": [rows], "model": [trained]}
        writer.execution("p", name, "Evaluator", inputs, {"evaluation": [evaluation]}, given("Evaluator"), COMPLETE)
        pushed = writer.artifact("PushedModel", str(writer.folder("p", "Pusher", "pushed_model")))
        writer.execution(
            "p", name, "Pusher", {"model": [trained]}, {"pushed_model": [pushed]}, given("Pusher"), COMPLETE
        )
    with Records(open_store(str(root / "store"))) as records:
        return diff(*((records, words.resolve(records, name)) for name in "ab"))
