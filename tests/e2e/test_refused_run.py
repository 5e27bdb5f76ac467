"""A pushed model, a refused one after it, and what people do about that by hand: one story in one work folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import made
from tests.e2e.project import Done, Project

pytestmark = pytest.mark.slow

TOO_STRICT = ("--set", "evaluation.bounds.loss={at_most: 0.0000001}", "--set", "training.seed=4")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Done, Done]]:
    """A pushed run, then one with a bound that no model reaches."""
    with made(tmp_path_factory.mktemp("refused") / "project") as project:
        first = project.run()
        assert first.code == 0, first.err
        yield project, first, project.run(*TOO_STRICT)


def test_a_refusal_names_metric_value_and_bound_and_the_last_pushed_model_serves(story):
    project, first, refused = story
    assert (refused.code, refused.result["status"], refused.result["pushed_to"]) == (3, "refused", None)
    reasons = [reason for verdict in refused.result["verdicts"] for reason in verdict["reasons"]]
    assert any("loss is" in reason and "1e-07" in reason for reason in reasons), reasons
    assert project.serving == Path(first.result["pushed_to"])
    assert refused.nodes["Pusher"] == "skipped"
    assert refused.nodes["Transform"] == "cached"
    assert refused.reasons["Transform"] == f"from {first.result['run_id']}"
    assert refused.reasons["Trainer"] == "training.seed 3 → 4"
    assert "evaluation.bounds.loss.at_most" in refused.reasons["Evaluator"]


def test_the_refused_command_again_is_refused_again_and_runs_nothing(story):
    project, first, refused = story
    again = project.run(*TOO_STRICT)
    assert (again.code, again.result["unchanged"]) == (3, True)
    assert again.result["verdicts"] == refused.result["verdicts"]
    told = project.graduate("run", "tiny.yaml", *TOO_STRICT)
    assert told.code == 3
    assert "refused" in told.out
    assert f"graduate bless {refused.result['run_id']} --because" in told.out
    assert project.serving == Path(first.result["pushed_to"])


def test_the_config_that_was_pushed_before_is_pushed_still_and_trains_nothing(story):
    project, first, _ = story
    back = project.run()
    assert (back.code, back.result["status"]) == (0, "pushed")
    assert back.nodes["Trainer"] == "cached"
    assert back.result["pushed_to"] == first.result["pushed_to"] == str(project.serving)
    assert project.run().result["unchanged"]


def test_blessed_rolled_back_listed_and_asked(story):
    project, first, refused = story
    version = first.result["pushed_to"]
    run_id = refused.result["run_id"]

    blessed = project.graduate("bless", run_id, "--because", "the bound was a typing error", "--json")
    assert blessed.code == 0, blessed.err
    by_hand = json.loads(blessed.out)["pushed_to"]
    assert str(project.serving) == by_hand != version
    card = json.loads((Path(by_hand) / "model_card.json").read_text())
    assert card["blessed_by_hand"]["because"] == "the bound was a typing error"
    assert predicted(project) == ("left", Path(by_hand).name)

    back = project.graduate("rollback", "--json", "--because", "only a try")
    assert back.code == 0, back.err
    assert json.loads(back.out)["again"] == int(Path(version).name)
    assert project.serving == Path(json.loads(back.out)["pushed_to"])
    assert len(project.models) == 3

    listed = [json.loads(line) for line in project.graduate("models", "--json").out.splitlines()]
    assert [one["serving"] for one in listed] == [True, False, False]
    assert listed[0]["rollback_of"]["version"] == int(Path(version).name)
    assert listed[1]["blessed_by_hand"]
    assert listed[1]["run_id"] == run_id


def test_a_refusal_cannot_be_blessed_without_a_reason_nor_a_run_that_is_not_there(story):
    project, _, refused = story
    before = project.models
    for words, said in {
        ("bless", refused.result["run_id"]): "--because",
        ("bless", refused.result["run_id"], "--because", " "): "--because is empty",
        ("bless", "tiny-1", "--because", "why not"): "no run tiny-1",
        ("rollback", "--to", "5"): "5",
        ("rollback", "other"): "other",
    }.items():
        done = project.graduate(*words)
        assert (done.code, done.out) == (2, ""), done.err
        assert said in done.err
        assert len([line for line in done.err.splitlines() if line]) <= 3
    assert project.models == before


def predicted(project: Project) -> tuple[str, str]:
    """Label and version of a prediction for an image of `left`."""
    done = project.graduate("predict", "serving", "images/left/002.png", "--json")
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    return answer["label"], str(answer["version"])
