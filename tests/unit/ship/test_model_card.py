"""The model card: its facts, and a page that shows them and runs nothing."""

from __future__ import annotations

import hashlib
import json

from graduate import model_card
from graduate.publish import Version
from graduate.verdict import Check, VerdictRecord

EVIL = "<script>alert('a & b')</script>"


def folder(path, **files):
    path.mkdir()
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return str(path)


def make(tmp_path, **more):
    metrics = {
        "split": "test",
        "overall": {"accuracy": 0.96, "loss": None, "examples": 180},
        "per_class": {EVIL: {"recall": 0.9, "examples": 20}},
        "slices": {"label=8": {"accuracy": 0.8}},
    }
    verdicts = (
        VerdictRecord("Evaluator", (Check("accuracy", True, f"accuracy on {EVIL} is fine."),)),
        VerdictRecord("ServingCheck", (Check("answers", False, "They differ."),)),
    )
    facts = model_card.Facts(
        run_id="digits-1",
        verdicts=verdicts,
        evaluation=folder(tmp_path / "evaluation", metrics__json=json.dumps(metrics)),
        manifest=folder(tmp_path / "manifest", manifest__jsonl='{"path": "a"}\n'),
        schema=folder(tmp_path / "schema", schema__pbtxt="feature {}"),
        training=folder(tmp_path / "training", training__json='{"steps": 600, "metrics": {"train_loss": 0.1}}'),
        more={"name": "digits", "task": "image", "config": {"name": EVIL}, **more},
    )
    return facts.card(1001, Version(1000, tmp_path, {}), "abc")


def test_the_card_says_where_a_model_came_from_and_why_it_was_let_through(tmp_path):
    card, _ = make(tmp_path)
    assert card["run_id"] == "digits-1"
    assert card["version"] == 1001
    assert card["previous_version"] == 1000
    assert card["content"] == "abc"
    assert card["metrics"]["accuracy"] == 0.96
    assert card["evaluated_on"] == "test"
    assert card["data_fingerprint"] == hashlib.sha256(b'{"path": "a"}\n').hexdigest()
    assert card["schema_fingerprint"] == hashlib.sha256(b"feature {}").hexdigest()
    assert card["training"]["steps"] == 600
    assert card["config"] == {"name": EVIL}
    assert [verdict["passed"] for verdict in card["verdicts"]] == [True, False]
    assert card["pushed_at"].endswith("+00:00")
    assert {"python", "numpy"} <= card["libraries"].keys()
    json.dumps(card, allow_nan=False)


def test_a_card_can_be_made_of_a_run_id_alone():
    card, page = model_card.Facts(run_id="digits-1").card(1, None, "abc")
    assert card["metrics"] == {}
    assert card["data_fingerprint"] is None
    assert card["previous_version"] is None
    assert page.startswith("<!doctype html>")


def test_the_page_escapes_whatever_came_from_data_or_config(tmp_path):
    _, page = make(tmp_path)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_loads_nothing_and_follows_the_reader_s_colours(tmp_path):
    _, page = make(tmp_path)
    assert "http" not in page
    assert "src=" not in page
    assert "prefers-color-scheme: dark" in page


def test_a_verdict_is_a_word_and_not_a_colour_alone(tmp_path):
    _, page = make(tmp_path)
    assert ">passed</span> Evaluator: accuracy" in page
    assert ">refused</span> ServingCheck: They differ." in page


def test_a_number_that_was_not_measured_is_a_dash(tmp_path):
    _, page = make(tmp_path)
    assert "<th scope=row>loss</th><td>–</td>" in page


def test_a_version_published_again_keeps_its_own_facts():
    first, _ = model_card.Facts(run_id="digits-1", more={"name": "digits"}).card(1, None, "abc")
    again, page = model_card.republished(first, 5, Version(4, None, {}), "abc", rollback_of=1)
    assert again["run_id"] == "digits-1"
    assert (again["version"], again["previous_version"], again["rollback_of"]) == (5, 4, 1)
    assert "Rolled back" in page
