"""`graduate why`: runs, models, executions and artifacts of the history, in both vocabularies."""

from __future__ import annotations

import json
import shutil

import pytest

from graduate.pipeline import by_hand, record
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import text_why, why, words
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.workspace import Workspace
from graduate.publish import Version
from tests.lineage.writing import Writer, opened


def asked(told, word):
    return why.why(told.records, words.resolve(told.records, word))


def of_run(told, name):
    return asked(told, told.story.runs[name])


def execution_of(told, name, node):
    run = told.records.run(told.story.runs[name])
    return next(one for one in told.records.executions_of(run) if one.node == node)


def test_a_pushed_run_says_which_verdicts_passed_and_what_stood_behind_it(both):
    found = of_run(both, "faster")
    version = both.story.versions["faster"]
    assert found.sentence == f"It was pushed as version {version}: every one of 4 verdicts passed."
    assert [one.source for one in found.verdicts] == ["DataGuard", "GradientDiagnostics", "Evaluator", "Gate"]
    assert [change.text for change in found.changes] == ["training.learning_rate 0.001 → 0.003"]
    assert found.before == both.story.runs["first"]
    assert (found.behind.data.rows, found.behind.config["training"]["learning_rate"]) == (60, 0.003)
    assert found.findings.found == ()


def test_a_refused_run_tells_value_bound_and_slice_of_what_failed(both):
    found = of_run(both, "more_data")
    evaluator = next(one for one in found.verdicts if one.source == "Evaluator")
    [failed] = [check for check in evaluator.checks if not check.passed]
    assert (failed.value, failed.bound, failed.slice) == (0.7, 0.85, "label=1")
    assert found.sentence.startswith("It was refused by Evaluator: accuracy on label=1 is 0.7")
    text = text_why.text(found)
    assert text.index("✗ accuracy on label=1") < text.index("1 check passed")
    assert "accuracy is 0.93" not in text
    assert "accuracy is 0.93" in text_why.text(found, everything=True)


def test_a_sick_run_names_the_fault_with_layers_and_steps(both):
    found = of_run(both, "sick")
    assert found.sentence == "It was found sick by GradientDiagnostics: vanishing-gradient."
    text = text_why.text(found)
    assert "error vanishing-gradient  dense_1, dense_2, steps 1–90" in text
    assert "The first layers receive almost no gradient." in text


def test_a_failed_run_names_the_node(both):
    found = of_run(both, "failed")
    assert found.sentence.startswith("It failed in Trainer")
    assert {node.node: node.state for node in found.nodes}["Trainer"] == "failed"


def test_a_node_that_ran_says_what_it_obeys_that_changed(both):
    execution = execution_of(both, "faster", "Trainer")
    found = asked(both, f"execution:{execution.id}")
    assert (found.state, found.before.run) == ("ran", both.story.runs["first"])
    assert [change.text for change in found.changes] == ["training.learning_rate 0.001 → 0.003"]
    assert found.inputs == ()


def test_a_node_that_ran_for_new_data_says_which_inputs_are_others(both):
    found = asked(both, f"execution:{execution_of(both, 'more_data', 'StatisticsGen').id}")
    assert [(one.slot, one.given_by) for one in found.inputs] == [("examples", ("ExampleGen",))]


def test_a_cached_node_says_which_execution_it_was_taken_from(both):
    found = asked(both, f"execution:{execution_of(both, 'faster', 'Transform').id}")
    maker = execution_of(both, "first", "Transform")
    assert found.state == "cached"
    assert (found.taken_from.execution, found.taken_from.run) == (maker.id, both.story.runs["first"])
    made = asked(both, f"execution:{maker.id}")
    assert made.taken_by == (both.story.runs["faster"],)


def test_an_artifact_is_told_by_the_execution_that_made_it(both):
    model = next(one for one in both.records.artifacts(kinds=["Model"]) if "/Trainer/model/2" in one.uri)
    found = asked(both, str(model.id))
    assert (found.node, found.run) == ("Trainer", both.story.runs["faster"])
    assert found.artifact.id == model.id


def test_a_first_run_has_nothing_before_it(both):
    found = asked(both, f"execution:{execution_of(both, 'first', 'Trainer').id}")
    assert (found.before, found.changes) == (None, ())


class Open:
    """A history of a test's own, with the attributes of `conftest.Told`."""

    def __init__(self, story):
        self.story, self.records = story, Records(open_store(str(story.store)))


def test_a_rolled_back_model_says_by_whom_and_why(story, records):
    found = why.why(records, words.resolve(records, "digits:serving"))
    assert found.sentence.endswith("goes back to an earlier version, by ada@host: the camera was changed.")
    assert [one.deed.kind for one in found.versions] == ["run", "rollback"]
    assert [one.serves for one in found.versions] == [False, True]


def test_a_refusal_that_somebody_overrode_tells_the_deed(own_story):
    store = record.open_store(Workspace(own_story.root))
    run = record.find_run(store, own_story.runs["more_data"])
    now = Version(1_950_000_000, own_story.root / "models" / "digits" / "1950000000", {})
    deed = by_hand.Deed("slice too small", by="bob@host", when="2026-02-01T10:00:00+00:00")
    by_hand.write_override(store, run, by_hand.outputs(store, run), now, deed, {"refused": '["accuracy is low"]'})
    told = Open(own_story)
    found = of_run(told, "more_data")
    assert found.sentence.startswith("It was refused by Evaluator")
    [version] = found.versions
    assert (version.deed.kind, version.deed.who, version.deed.why) == ("override", "bob@host", "slice too small")
    assert version.deed.refused == ("accuracy is low",)
    assert "Override" not in [node.node for node in found.nodes]
    model = asked(told, "digits:1950000000")
    assert model.sentence == "Version 1950000000 overrides a refusal, by bob@host: slice too small."


def test_a_run_that_was_killed_is_interrupted_where_nobody_runs_it_any_more(own_story):
    store = record.open_store(Workspace(own_story.root))
    for run_id in ("digits-a", "digits-b"):
        record.start_run(store, run_id, "digits", {}, "f")
    told = Open(own_story)
    for run_id, in_progress, status in (
        ("digits-a", True, "interrupted"),
        ("digits-b", True, "running"),
        ("digits-b", False, "interrupted"),
        ("digits-b", None, "running"),
    ):
        found = why.why(told.records, words.resolve(told.records, run_id), in_progress=in_progress)
        assert found.status == status
        assert ("nobody runs it any more" in found.sentence) == (status == "interrupted")


def test_without_files_the_properties_still_tell(own_story):
    shutil.rmtree(own_story.root / "artifacts")
    found = of_run(Open(own_story), "sick")
    assert found.findings.whole is False
    assert found.findings.found[0]["fault"] == "vanishing-gradient"
    assert found.gone
    assert "vanishing-gradient" in text_why.text(found)
    assert "gone" in text_why.text(found)


def test_a_cured_training_names_fault_and_remedy(own_story):
    store = record.open_store(Workspace(own_story.root))
    writer = Writer(store, own_story.root)
    record.start_run(store, "cured-1", "cured", {}, "f")
    folder = writer.folder("cured", "GradientDiagnostics", "findings")
    finding = {"fault": "exploding-gradient", "severity": "error", "steps": [3, 9], "layers": [], "cured_at": 9}
    (folder / "findings.json").write_text(json.dumps({"findings": [finding], "ran": ["exploding-gradient"]}))
    given = {
        "findings": [writer.artifact("graduate.Findings", str(folder), verdict="healthy")],
        "verdict": [
            writer.artifact(
                "graduate.Verdict", "/nowhere", source="GradientDiagnostics", passed=1, reasons='["cured"]',
                cures="clip-gradients", cured_faults="exploding-gradient",
            )
        ],
    }  # fmt: skip
    writer.execution("cured", "cured-1", "GradientDiagnostics", {}, given)
    record.close_stale(store)
    found = asked(Open(own_story), "cured-1")
    assert (found.findings.cured, found.findings.cures) == (("exploding-gradient",), ("clip-gradients",))
    assert "cured after step 9" in text_why.text(found)


def test_a_store_of_another_program_tells_as_much_as_its_blessings(tmp_path):
    path = tmp_path / "metadata.sqlite"
    writer = Writer(opened(path), tmp_path)
    examples = writer.artifact("Examples", "/x", input_fingerprint="split:one,num_files:3", span=4)
    [data] = writer.execution("taxi", "run-1", "CsvExampleGen", {}, {"examples": [examples]})
    [model] = writer.execution(
        "taxi", "run-1", "Trainer", {"examples": [data]}, {"model": [writer.artifact("Model", "/m")]}, {"steps": 10}
    )
    blessing = writer.artifact("ModelBlessing", "/b", blessed=0)
    writer.execution("taxi", "run-1", "Evaluator", {"model": [model]}, {"blessing": [blessing]})
    with Records(open_store(str(path))) as records:
        found = why.why(records, words.resolve(records, "run-1"))
        trainer = why.why(records, words.resolve(records, str(model)))
    assert found.sentence == "It was refused by Evaluator: The model was not blessed."
    assert (found.behind.data.digest, found.behind.data.span) == ("split:one,num_files:3", 4)
    assert (trainer.node, trainer.state) == ("Trainer", "ran")
    assert found.findings is None


@pytest.mark.parametrize("name", ["first", "faster", "more_data", "sick", "failed", "pets"])
def test_no_line_is_too_long_and_json_is_plain(both, name):
    found = of_run(both, name)
    for everything in (False, True):
        lines = text_why.text(found, everything=everything).splitlines()
        assert all(len(line) <= 100 or len(max(line.split(), key=len)) > 60 for line in lines)
    told = json.loads(json.dumps(found.to_json()))
    assert told["kind"] == "run"
    assert told["run_id"] == both.story.runs[name]


def test_the_command_answers_for_people_and_for_programs(story, capsys):
    assert main(["why", story.runs["more_data"], "--store", str(story.store)]) == 0
    assert "✗ accuracy on label=1 is 0.7 (10 rows)" in capsys.readouterr().out
    assert main(["why", "execution:1", "--store", str(story.store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["node"] == "ExampleGen"
    assert main(["why", "digits-nowhere", "--store", str(story.store)]) == 2
    assert "no digits-nowhere in" in capsys.readouterr().err
