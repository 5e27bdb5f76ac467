"""`graduate runs`: on the history in both vocabularies, and as a command."""

from __future__ import annotations

import datetime
import fcntl
import json

import pytest

from graduate.errors import UsageError
from graduate.pipeline import record
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import runs, runs_behind, runs_changes, runs_when, runs_where, text_runs
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.runs import Wanted
from graduate.pipeline.lineage.runs_behind import Behind, Code, Data, Schema
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace

NOW = datetime.datetime(2026, 11, 28, 12, 0)


def listed(told, **wanted):
    """Names of the history's runs that fit, the latest first."""
    names = {run_id: name for name, run_id in told.story.runs.items()}
    return [names[line.id] for line in runs.runs(told.records, Wanted(**wanted)).lines]


def where(*texts):
    return [runs_where.parse(text) for text in texts]


def test_the_latest_run_comes_first_with_what_changed_and_why_it_was_refused(both):
    answer = runs.runs(both.records, Wanted(pipeline="digits"))
    assert [line.status for line in answer.lines] == ["failed", "sick", "refused", "pushed", "pushed"]
    failed, sick, refused, faster, first = answer.lines
    assert first.first
    assert [change.text for change in faster.changes] == ["training.learning_rate 0.001 → 0.003"]
    assert [change.text for change in refused.changes] == ["data 60 → 62 rows"]
    assert [change.text for change in sick.changes] == ["model.hyperparameters.activation relu → sigmoid"]
    assert (first.metric, first.metrics["accuracy"]) == ("accuracy", 0.95)
    assert refused.verdict.startswith("Evaluator: accuracy on label=1 is 0.7")
    assert sick.verdict == "GradientDiagnostics: vanishing-gradient"
    assert failed.verdict.startswith("Trainer")
    assert first.verdict == f"version {both.story.versions['first']}"


def test_the_run_before_is_that_of_the_same_pipeline(both):
    pets = runs.runs(both.records, Wanted(pipeline="pets"))
    assert [(line.first, line.changes) for line in pets.lines] == [(True, ())]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"statuses": ["refused", "sick"]}, ["sick", "more_data"]),
        ({"nodes": [("Trainer", "failed")]}, ["failed"]),
        ({"nodes": [("Transform", "cached")]}, ["failed", "sick", "faster"]),
        ({"nodes": [("Pusher", None)]}, ["pets", "faster", "first"]),
        ({"nodes": [("Trainer", None), ("Transform", "cached")]}, ["sick", "faster"]),
        ({"where": where("accuracy>0.95")}, ["pets", "faster"]),
        ({"where": where("accuracy >= 0.95", "training.learning_rate<0.002")}, ["pets", "first"]),
        ({"where": where("model.hyperparameters.activation==sigmoid")}, ["sick"]),
        ({"where": where("training.steps!=600")}, ["failed"]),
        ({"where": where("name=pets")}, ["pets"]),
        ({"where": where("rows==62", "status!=failed")}, ["sick", "more_data"]),
        ({"where": where("model.hyperparameters.filters==[32, 64]"), "pipeline": "pets"}, ["pets"]),
        ({"where": where("evaluation.slices.0.by==label"), "limit": 1}, ["pets"]),
        ({"limit": 2}, ["pets", "failed"]),
    ],
)
def test_runs_are_chosen_by_status_node_metric_and_config(both, wanted, expected):
    assert listed(both, **wanted) == expected


def test_runs_are_chosen_by_time(both):
    every = both.records.runs()
    middle = every[2].started
    assert listed(both, since=middle) == ["pets", "failed", "sick"]
    assert listed(both, until=middle) == ["sick", "more_data", "faster", "first"]


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ({"pipeline": "digts"}, "digits"),
        ({"statuses": ["refussed"]}, "refused"),
        ({"nodes": [("Trainre", None)]}, "Trainer"),
        ({"nodes": [("Trainer", "faild")]}, "failed"),
        ({"where": where("acuracy>0.9")}, "accuracy"),
        ({"where": where("learning_rate<0.1")}, "training.learning_rate"),
        ({"where": where("training.optimizer<adam")}, "=="),
        ({"where": where("training.optimizer<3")}, "=="),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(both, wanted, hint):
    with pytest.raises(UsageError) as caught:
        runs.runs(both.records, Wanted(**wanted))
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["accuracy", ">3", "accuracy>", ""])
def test_what_is_no_condition_is_said_with_how_to_write_one(text):
    with pytest.raises(UsageError):
        runs_where.parse(text)


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2026-11-27", False, datetime.datetime(2026, 11, 27)),
        ("2026-11-27", True, datetime.datetime(2026, 11, 28) - datetime.timedelta(milliseconds=1)),
        ("yesterday", False, datetime.datetime(2026, 11, 27)),
        ("today", False, datetime.datetime(2026, 11, 28)),
        ("2d", False, datetime.datetime(2026, 11, 26, 12)),
        ("3h", True, datetime.datetime(2026, 11, 28, 9)),
        ("90m", False, datetime.datetime(2026, 11, 28, 10, 30)),
        ("1w", False, datetime.datetime(2026, 11, 21, 12)),
        ("2026-11-27T08:15", True, datetime.datetime(2026, 11, 27, 8, 15)),
    ],
)
def test_a_time_is_read_as_a_person_means_it(text, end, expected):
    assert runs_when.moment(text, "--since", end=end, now=NOW) == round(expected.astimezone().timestamp() * 1000)


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "d", "99999999999999w"])
def test_what_is_no_time_is_said(text):
    with pytest.raises(UsageError, match="is no time"):
        runs_when.moment(text, "--since", now=NOW)


def test_of_runs_that_never_ended_the_last_one_runs_if_somebody_holds_the_lock(own_story):
    store = record.open_store(Workspace(own_story.root))
    for run_id in ("digits-a", "digits-b"):
        record.start_run(store, run_id, "digits", {}, "f")
    with Records(open_store(str(own_story.store))) as records:
        for in_progress, expected in ((True, ["running", "interrupted"]), (False, ["interrupted"] * 2)):
            answer = runs.runs(records, Wanted(limit=2), in_progress=in_progress)
            assert [line.status for line in answer.lines] == expected
        assert [line.status for line in runs.runs(records, Wanted(limit=2)).lines] == ["running", "running"]
        assert len(runs.runs(records, Wanted(statuses=["interrupted"]), in_progress=False).lines) == 2


def test_the_lock_tells_whether_somebody_holds_it_and_is_left_as_it_was(tmp_path):
    workspace = Workspace(tmp_path / "work")
    assert lock.is_held(workspace) is False
    assert not workspace.root.exists()
    with lock.hold(workspace, "a test") as descriptor:
        assert lock.is_held(workspace) is True
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # still ours
    assert lock.is_held(workspace) is False


def behind(**changes):
    base = {"config": {"a": {"b": 1}, "c": [{"d": 1}]}, "libraries": {"keras": "3.1"}, "libraries_digest": "l"}
    told = {"data": Data("d", 10), "schema": Schema("s", "curated"), "code": Code("1", digest="c", users={"m.py": "x"})}
    return Behind(**{**base, **told, "device": "CPU", **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"config": {"a": {"b": 2}, "c": [{"d": 1}]}}, ["a.b 1 → 2"]),
        ({"config": {"a": {}, "c": [{"d": 3}]}}, ["a unset → {}", "a.b 1 → unset", "c.0.d 1 → 3"]),
        ({"data": Data("e", 12)}, ["data 10 → 12 rows"]),
        ({"data": Data("e", 10)}, ["data changed"]),
        ({"data": Data("", 12)}, []),
        ({"schema": Schema("t", "curated")}, ["schema changed"]),
        ({"code": Code("2", digest="c", users={"m.py": "x"})}, []),
        ({"code": Code("2", users={"m.py": "x"})}, ["commit changed"]),
        ({"code": Code("1", digest="c", users={"m.py": "y"})}, ["m.py changed"]),
        ({"code": Code("1", digest="e", users={"m.py": "x"})}, ["graduate's code changed"]),
        ({"libraries": {"keras": "3.2"}, "libraries_digest": "m"}, ["keras 3.1 → 3.2"]),
        ({"libraries_digest": "m"}, ["installed libraries l → m"]),
        ({"device": "GPU"}, ["device CPU → GPU"]),
    ],
)
def test_what_changed_is_told_from_what_both_wrote_down(changes, expected):
    assert [change.text for change in runs_changes.between(behind(), behind(**changes))] == expected


def test_an_older_run_tells_its_data_and_schema_by_its_nodes(records, story):
    run = records.run(story.runs["first"])
    assert "data_digest" not in run.facts
    found = runs_behind.of_runs(records, [run], whole=True)[run.id]
    assert len(found.data.digest) == 64
    assert (found.data.rows, found.schema.uri.rpartition("/")[0].endswith("Schema/schema")) == (60, True)


def test_the_table_fits_a_hundred_columns(both):
    text = text_runs.text(runs.runs(both.records, Wanted()))
    assert max(map(len, text.splitlines())) <= 100
    assert "RUN" in text.splitlines()[0]
    assert "accuracy on label=1 is 0.7" in text
    assert "\x1b[" not in text


def test_the_command_prints_a_table_or_a_line_of_json_a_run(story, capsys):
    assert main(["runs", "digits", "--store", str(story.store), "--limit", "2"]) == 0
    captured = capsys.readouterr()
    assert story.runs["failed"] in captured.out
    assert "there may be more" in captured.err
    assert main(["runs", "--store", str(story.store), "--limit", "2"]) == 0
    assert "4 more" in capsys.readouterr().err
    assert main(["runs", "--store", str(story.store), "--json", "--all", "--where", "accuracy>0.96"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["run_id"] for line in lines] == [story.runs["pets"], story.runs["faster"]]
    assert lines[1]["changes"] == [
        {"what": "config", "name": "training.learning_rate", "before": 0.001, "after": 0.003}
    ]


def test_where_nothing_fits_that_is_said(story, tmp_path, capsys):
    assert main(["runs", "--store", str(story.store), "--status", "interrupted"]) == 0
    assert "None of 6 runs fits" in capsys.readouterr().out
    record.open_store(Workspace(tmp_path / "work"), create=True)
    assert main(["runs", "--workdir", str(tmp_path / "work")]) == 0
    assert "No run has been recorded yet" in capsys.readouterr().out
