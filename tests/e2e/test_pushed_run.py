"""A run that ends in a pushed model; and the same command again, which has nothing to do."""

import json
import shutil

import pytest

from graduate.pipeline.workspace import LAYOUT

pytestmark = pytest.mark.slow

NODES = (
    *("ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGuard", "Transform", "Preflight", "Trainer"),
    *("GradientDiagnostics", "LastGraduate", "Evaluator", "ServingCheck", "Gate", "Pusher"),
)


def test_the_json_is_one_line_and_tells_nodes_metrics_verdicts_and_where_the_model_is(first_run):
    project, done = first_run
    assert len(done.out.splitlines()) == 1
    result = done.result
    assert result["status"] == "pushed"
    assert sorted(done.nodes) == sorted(NODES)
    assert done.ran == set(NODES)
    assert set(done.reasons.values()) == {"first run"}
    assert all(node["seconds"] >= 0 for node in result["nodes"])
    assert result["metrics"]["accuracy"] >= 0.9
    sources = ["DataGuard", "Preflight", "GradientDiagnostics", "Evaluator", "ServingCheck", "Gate"]
    assert [verdict["source"] for verdict in result["verdicts"]] == sources
    assert all(verdict["passed"] and verdict["reasons"] for verdict in result["verdicts"])
    assert result["pushed_to"] == str(project.serving)
    assert result["run_id"] == project.runs()[0].run_id
    assert (result["unchanged"], result["error"]) == (False, None)


def test_nothing_of_the_libraries_reaches_the_screen(first_run):
    _project, done = first_run
    started = {line.split()[0] for line in done.err.splitlines()}
    assert started == set(NODES)
    with open(done.result["log"]) as log:
        assert log.read()


def test_beside_the_saved_model_lies_its_card(first_run):
    project, done = first_run
    card = json.loads((project.serving / "model_card.json").read_text())
    assert card["run_id"] == done.result["run_id"]
    assert card["metrics"]["accuracy"] == done.result["metrics"]["accuracy"]
    assert (project.serving / "model_card.html").is_file()
    assert (project.serving / "saved_model.pb").is_file()


def test_the_work_folder_says_its_layout_and_keeps_no_checkpoints_of_a_finished_training(first_run):
    project, _ = first_run
    assert project.workspace.layout.read_text() == f"{LAYOUT}\n"
    assert [path for path in project.workspace.checkpoints("tiny").glob("*/*") if path.is_file()] == []


def test_the_same_command_again_repeats_the_answer_and_runs_nothing(first_run, pushed):
    before = first_run[1].result
    again = pushed.run()
    assert again.code == 0
    assert again.err == ""
    result = again.result
    assert result["unchanged"]
    assert set(again.nodes.values()) == {"cached"}
    assert set(again.reasons.values()) == {f"unchanged since {before['run_id']}"}
    for key in ("run_id", "status", "metrics", "verdicts", "pushed_to"):
        assert result[key] == before[key], key


def test_the_summary_of_a_repetition_says_that_nothing_has_changed(pushed):
    again = pushed.graduate("run", "tiny.yaml")
    assert again.code == 0
    assert "pushed" in again.out
    assert f"nothing has changed since {pushed.runs()[0].run_id}" in again.out
    assert "try next" in again.out


def test_comments_and_another_order_in_the_yaml_run_nothing(pushed):
    config = pushed.folder / "tiny.yaml"
    text = config.read_text()
    head, training, tail = text.partition("training:")
    try:
        config.write_text(f"# a comment\n{training}{tail}\n{head}# the end\n")
        assert pushed.run().result["unchanged"]
    finally:
        config.write_text(text)


def test_a_touched_file_runs_nothing(pushed):
    (pushed.folder / "images" / "top" / "000.png").touch()
    assert pushed.run().result["unchanged"]


def test_deleted_input_is_an_error_and_not_a_hit(pushed):
    images = pushed.folder / "images"
    images.rename(pushed.folder / "moved")
    try:
        done = pushed.run()
    finally:
        (pushed.folder / "moved").rename(images)
    assert (done.code, done.result["status"]) == (5, "data_refused")
    assert "does not exist" in done.err
    assert pushed.run().result["unchanged"]


def test_another_work_folder_knows_nothing_of_it(pushed):
    done = pushed.graduate("models", "--workdir", "elsewhere")
    assert done.code == 0
    assert "No model has been pushed" in done.out
    assert not (pushed.folder / "elsewhere").exists()


def test_a_work_folder_of_another_version_is_refused_by_every_verb_that_reads_it(pushed):
    shutil.copy(pushed.workspace.layout, pushed.folder / "layout")
    for number, words in {LAYOUT + 1: "update graduate", 0: "move it aside"}.items():
        pushed.workspace.layout.write_text(f"{number}\n")
        try:
            for verb in (["run", "tiny.yaml"], ["models"], ["predict", "latest", "images/top/000.png"]):
                done = pushed.graduate(*verb)
                assert (done.code, done.out) == (2, "")
                assert str(pushed.workspace.root) in done.err
                assert words in done.err
                assert len([line for line in done.err.splitlines() if line]) <= 2
        finally:
            shutil.copy(pushed.folder / "layout", pushed.workspace.layout)


@pytest.mark.parametrize("model", ["latest", "RUN", "VERSION"])
def test_a_prediction_names_the_version_and_the_class(pushed, model):
    wanted = {"RUN": pushed.runs()[0].run_id, "VERSION": str(pushed.serving)}.get(model, model)
    done = pushed.graduate("predict", wanted, "images/top/000.png", "images/middle/001.png", "--json")
    assert done.code == 0, done.err
    first, second = map(json.loads, done.out.splitlines())
    assert (first["label"], second["label"]) == ("top", "middle")
    assert pushed.serving.name in json.dumps(first)


def test_the_pushed_model_is_listed_as_the_one_that_serves(first_run, pushed):
    (listed,) = map(json.loads, pushed.graduate("models", "--json").out.splitlines())
    assert (listed["version"], listed["serving"]) == (int(pushed.serving.name), True)
    assert listed["run_id"] == first_run[1].result["run_id"]
