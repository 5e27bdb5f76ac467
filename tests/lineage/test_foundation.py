"""The history as the readers tell it: runs, words, pushes, walks."""

from __future__ import annotations

import pytest

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes, walk, words


def test_runs_are_told_with_the_latest_first(records, story):
    assert [(run.pipeline, run.status) for run in records.runs()] == [
        ("pets", "pushed"),
        ("digits", "failed"),
        ("digits", "sick"),
        ("digits", "refused"),
        ("digits", "pushed"),
        ("digits", "pushed"),
    ]
    assert records.runs(pipeline="pets")[0].metrics == {"accuracy": 1.0, "loss": 0.0, "examples": 6.0}


def test_a_run_knows_its_config_and_its_nodes(records, story):
    run = records.run(story.runs["faster"])
    assert run.config["training"]["learning_rate"] == 0.003
    states = {execution.node: execution.state for execution in records.executions_of(run)}
    assert states["Transform"] == "cached"
    assert states["Trainer"] == "ran"
    assert {execution.pipeline for execution in records.executions_of(run)} == {"digits"}


@pytest.mark.parametrize(
    ("word", "prefer", "expected"),
    [
        ("digits", "run", ("run", "failed")),
        ("digits:latest", "run", ("run", "failed")),
        ("digits:serving", "run", ("version", "rollback")),
        ("digits", "model", ("version", "rollback")),
        ("digits:latest", "model", ("version", "faster")),
        ("pets:serving", "model", ("version", "pets")),
    ],
)
def test_a_word_means_a_run_or_a_model(records, story, word, prefer, expected):
    found = words.resolve(records, word, prefer)
    what, name = expected
    if what == "run":
        assert found.run.id == story.runs[name]
    else:
        assert found.push.version == story.versions[name]


def test_a_version_a_folder_a_number_and_a_uri_mean_the_same_model(records, story):
    version = story.versions["first"]
    folder = story.root / "models" / "digits" / str(version)
    found = words.resolve(records, f"digits:{version}")
    for word in (str(version), str(folder), str(found.artifact.id), found.artifact.uri):
        assert words.resolve(records, word).label == found.label
    inside = words.resolve(records, f"{pushes.model_of(records, found.push).uri}/Format-Serving/saved_model.pb")
    assert inside.artifact.kind == "Model"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("digts", "did you mean digits"),
        ("99999", "artifacts"),
        ("execution:99999", "executions"),
        ("serving", "ambiguous"),
    ],
)
def test_a_word_that_means_nothing_is_told_with_the_nearest(records, word, told):
    with pytest.raises(UsageError) as caught:
        words.resolve(records, word)
    assert told in caught.value.render()


def test_a_rollback_pushes_the_model_of_the_version_gone_back_to(records, story):
    by_version = {push.version: push for push in pushes.pushes(records)}
    rolled, first = by_version[story.versions["rollback"]], by_version[story.versions["first"]]
    assert rolled.by_hand == "rollback"
    assert pushes.model_of(records, rolled) == pushes.model_of(records, first)
    assert {push.version for push in pushes.serving(list(by_version.values()))} == {
        story.versions["rollback"],
        story.versions["pets"],
    }


def test_upstream_of_a_model_is_what_made_it_and_the_cache_is_passed_by(records, story):
    push = next(push for push in pushes.pushes(records) if push.version == story.versions["faster"])
    model = pushes.model_of(records, push)
    graph = walk.around(records, artifacts=[model.id], downstream=False)
    runs = {execution.node: execution.run for execution in graph.executions.values()}
    assert runs["Trainer"] == story.runs["faster"]
    assert runs["ExampleGen"] == story.runs["first"]
    assert "Evaluator" not in runs
    trained = next(one.id for one in graph.executions.values() if one.node == "Transform")
    assert graph.cached[trained] == [story.runs["faster"]]
    assert graph.cut == 0


def test_a_depth_is_kept_and_what_lies_beyond_is_counted(records, story):
    examples = records.artifacts(kinds=("Examples",))[0]
    near = walk.around(records, artifacts=[examples.id], upstream=False, depth=1)
    far = walk.around(records, artifacts=[examples.id], upstream=False)
    assert {one.node for one in near.executions.values()} == {"StatisticsGen", "Transform", "Evaluator"}
    assert near.cut > 0
    assert {one.node for one in far.executions.values()} >= {"Pusher", "Rollback"}
    assert far.cut == 0
