"""What a run writes down of itself when it starts and when it ends: in real git checkouts and a real store."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from graduate.pipeline import record
from graduate.pipeline.config import load
from graduate.pipeline.facts import code, installed, locks
from graduate.pipeline.facts.checkout import Asking
from graduate.pipeline.facts.secrets import masked
from graduate.pipeline.facts.start import Gathering
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.result import NodeReport, RunResult
from graduate.pipeline.supervise import plan
from graduate.pipeline.workspace import Workspace
from tests.lineage.writing import RUNNING, Writer

CONFIG = (
    "name: toy\ntask: image\ndata: {images: pictures}\ntransform: {size: [8, 8], channels: 1}\nmodel: {build: cnn}\n"
)
CONFIG += "training: {steps: 5, seed: 9}\nevaluation: {bounds: {accuracy: {at_least: 0.5}}}\n"


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", "-C", str(folder), *names, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with a config, a lock file and sixty files that count as images until somebody decodes them."""
    folder = tmp_path / "project"
    for at in range(60):
        path = folder / "pictures" / str(at % 2) / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture %d" % at)
    (folder / "toy.yaml").write_text(CONFIG)
    (folder / "uv.lock").write_text("version = 1\n")
    git(folder.parent, "init", "-q", "-b", "trunk", str(folder))
    git(folder, "remote", "add", "origin", "https://ada:s3cret@example.org/toy.git")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "A toy")
    return folder


def facts(project: Path, tmp_path: Path, config: str = "toy.yaml") -> dict:
    found = plan.make(load(str(project / config), []), Workspace(tmp_path / "work"), None)
    return Gathering(found, {"runner": "local", "until": "Trainer"}).facts()


def test_a_run_starts_with_its_data_checkout_lock_and_libraries(project, tmp_path):
    found = facts(project, tmp_path)
    assert found["git_commit"] == git(project, "rev-parse", "HEAD")
    assert (found["git_branch"], found["git_dirty"], found["git_root"]) == ("trunk", 0, str(project))
    assert found["lock_hash"] == hashlib.sha256(b"version = 1\n").hexdigest()
    pairs = sorted(
        (path.relative_to(project / "pictures").as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (project / "pictures").rglob("*.png")
    )
    told = json.dumps(pairs, separators=(",", ":"))
    assert found["data_digest"] == hashlib.sha256(told.encode()).hexdigest()
    assert (found["seed"], found["runner"], found["until"]) == (9, "local", "Trainer")
    assert found["schema_source"] == "inferred"
    libraries = json.loads(found["libraries"])
    assert libraries["tensorflow"] == installed.distributions()["tensorflow"]
    assert "own_lock_hash" in found  # Graduate's own checkout is another one


def test_no_password_is_written_down(project, tmp_path):
    found = facts(project, tmp_path)
    assert found["git_remote"] == "https://***@example.org/toy.git"
    assert "s3cret" not in json.dumps(found)


def test_what_is_not_committed_makes_a_checkout_dirty(project, tmp_path):
    (project / "pictures" / "0" / "new.png").write_bytes(b"untracked data is told by the digest of the data")
    assert facts(project, tmp_path)["git_dirty"] == 0
    (project / "other.yaml").write_text(CONFIG)  # a config that nobody can get back from the commit
    assert facts(project, tmp_path, "other.yaml")["git_dirty"] == 1
    (project / "toy.yaml").write_text(CONFIG + "# a remark\n")
    assert facts(project, tmp_path)["git_dirty"] == 1


def test_without_git_or_outside_a_checkout_nothing_is_told_and_nothing_fails(project, tmp_path, monkeypatch):
    assert Asking(tmp_path).answer() is None
    assert Asking(tmp_path / "nowhere").answer() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    found = facts(project, tmp_path)
    assert not [name for name in found if name.startswith("git_")]
    assert found["data_digest"]


def test_a_new_repository_has_no_commit_yet(tmp_path):
    git(tmp_path, "init", "-q", "-b", "trunk")
    found = Asking(tmp_path).answer()
    assert (found.commit, found.branch, found.dirty) == ("", "trunk", False)


def test_the_nearest_lock_holds_and_none_beyond_the_checkout(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "poetry.lock").write_text("outer")
    assert locks.nearest(inner, tmp_path / "a") is None
    assert locks.nearest(inner, tmp_path) == tmp_path / "poetry.lock"
    (inner / "requirements.txt").write_text("numpy")
    assert locks.nearest(inner, tmp_path) == inner / "requirements.txt"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("mysql://ada:s3cret@host/db", "mysql://***@host/db"),
        ("https://TOKEN@host/x", "https://***@host/x"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("https://host/x?access_token=abc&size=3", "https://host/x?access_token=***&size=3"),
        ("https://host/x?size=3", "https://host/x?size=3"),
        ("ada@host: why", "ada@host: why"),
        ({"to": ["s3://ada:pw@bucket"]}, {"to": ["s3://***@bucket"]}),
        (3, 3),
    ],
)
def test_credentials_of_urls_are_masked(given, expected):
    assert masked(given) == expected


def test_users_files_are_told_apart_from_graduates_modules():
    one = {"Trainer": {"code:graduate.files": "a", "code:my_models.py": "b", "config:training.steps": 1}}
    own, users = code.split(one)
    assert users == {"my_models.py": "b"}
    other = {"Trainer": {**one["Trainer"], "code:graduate.files": "c"}}
    assert code.split(other)[0] != own
    assert code.split({**one, "Gate": {"config:x": 2}})[0] == own


def test_a_run_that_ended_tells_rows_training_verdicts_and_findings(records, story):
    first = records.run(story.runs["first"]).facts
    assert (first["rows"], first["rows_train"] + first["rows_eval"] + first["rows_test"]) == (60, 60)
    assert (first["device"], first["training_steps"]) == ("CPU", 600)
    assert first["verdict_Evaluator"] == "passed"
    assert first["nodes"]["Pusher"] == "ran"
    assert first["pushed_version"] == str(story.versions["first"])
    refused = records.run(story.runs["more_data"]).facts
    assert refused["refused_by"] == "Evaluator"
    assert refused["verdict_Evaluator"].startswith("refused: accuracy on label=1 is 0.7")
    sick = records.run(story.runs["sick"]).facts
    assert sick["faults"] == "vanishing-gradient"
    assert sick["findings"][0]["layers"] == ["dense_1", "dense_2"]
    failed = records.run(story.runs["failed"]).facts
    assert (failed["failed_node"], failed["rows"]) == ("Trainer", 62)


def test_a_run_that_was_killed_tells_as_far_as_it_came(own_story):
    workspace = Workspace(own_story.root)
    store = record.open_store(workspace)
    record.start_run(store, "digits-killed", "digits", {"name": "digits"}, "f", {"git_commit": "c0ffee", "seed": 3})
    writer = Writer(store, own_story.root)
    manifest = writer.artifact("graduate.Manifest", str(writer.folder("digits", "ExampleGen", "manifest")), rows=7)
    writer.execution("digits", "digits-killed", "ExampleGen", {}, {"manifest": [manifest]})
    writer.execution("digits", "digits-killed", "Trainer", {}, {}, state=RUNNING)
    assert record.close_stale(store) == ["digits-killed"]
    with Records(open_store(str(own_story.store))) as opened:
        run = opened.run("digits-killed")
    assert (run.status, run.facts["rows"], run.facts["git_commit"], run.facts["seed"]) == (
        "interrupted",
        7,
        "c0ffee",
        3,
    )
    assert run.facts["nodes"] == {"ExampleGen": "ran", "Trainer": "interrupted"}
    assert "result" not in run.facts  # no other run may take it for an answer


def test_a_stopped_run_names_the_node_that_was_interrupted(own_story):
    store = record.open_store(Workspace(own_story.root))
    record.start_run(store, "digits-stopped", "digits", {}, "f")
    nodes = (NodeReport("ExampleGen", "ran", 1.0), NodeReport("Trainer", "failed", 0.0, "interrupted"))
    record.add_facts(store, RunResult("digits-stopped", "interrupted", nodes), serves="1795829930")
    record.close_stale(store)
    with Records(open_store(str(own_story.store))) as opened:
        run = opened.run("digits-stopped")
    assert run.facts["nodes"] == {"ExampleGen": "ran", "Trainer": "interrupted"}
    assert (run.facts["serves"], run.status) == ("1795829930", "interrupted")


def test_files_that_are_gone_do_not_keep_a_run_from_ending(own_story):
    import shutil

    store = record.open_store(Workspace(own_story.root))
    shutil.rmtree(own_story.root / "artifacts")
    record.finish_run(store, RunResult(own_story.runs["sick"], "sick"))
    with Records(open_store(str(own_story.store))) as opened:
        facts = opened.run(own_story.runs["sick"]).facts
    assert (facts["faults"], facts["rows"]) == ("vanishing-gradient", 62)


def test_a_password_in_what_a_node_said_is_masked(own_story):
    store = record.open_store(Workspace(own_story.root))
    record.start_run(store, "digits-x", "digits", {}, "f")
    said = "cannot reach mysql://ada:s3cret@host/db"
    nodes = (NodeReport("Trainer", "failed", 1.0, said),)
    record.finish_run(store, RunResult("digits-x", "failed", nodes), error=said)
    with Records(open_store(str(own_story.store))) as opened:
        facts = opened.run("digits-x").facts
    assert facts["error"] == "cannot reach mysql://***@host/db"
    assert "s3cret" not in json.dumps(facts)


def test_a_config_with_a_password_is_masked_and_stays_a_config(own_story):
    store = record.open_store(Workspace(own_story.root))
    record.start_run(store, "digits-x", "digits", {"push": {"to": "mysql://ada:s3cret@host/db"}, "steps": 3}, "f")
    found = record.find_run(store, "digits-x")
    assert found.config == {"push": {"to": "mysql://***@host/db"}, "steps": 3}
