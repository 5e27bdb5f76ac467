"""The recipe that a record holds: its config, and whether data, code and schema are still what the run obeyed."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from graduate.errors import UsageError
from graduate.pipeline import record
from graduate.pipeline.cli.main import main
from graduate.pipeline.config import load
from graduate.pipeline.config.schema import written
from graduate.pipeline.config.source import parse
from graduate.pipeline.data import hashes, source
from graduate.pipeline.lineage import reproduce, reproduce_checks, words
from graduate.pipeline.lineage.diff import sides
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from graduate.pipeline.obeys import node_obeys
from graduate.pipeline.obeys.code import CodeDigests
from graduate.pipeline.result import RunResult
from graduate.pipeline.workspace import Workspace
from tests.e2e.project import CONFIG, image
from tests.lineage.writing import Writer, opened

MODULE = "def build(*, units=8):\n    return units\n"
SCHEMA = "".join(f'feature {{ name: "{name}" type: BYTES }}\n' for name in ("image", "label", "hash"))


@dataclass
class Made:
    """A run as it is recorded, without having run: its project's folder, its work folder, its id."""

    root: Path
    workspace: Workspace
    run: str

    def side(self) -> sides.Side:
        with Records(open_store(str(self.workspace.store))) as records:
            return sides.of(records, words.resolve(records, self.run, "model"))

    def checks(self) -> dict[str, reproduce_checks.Check]:
        recipe = reproduce.recipe(self.side(), self.root / "again.yaml")
        return {check.name: check for check in reproduce_checks.check(recipe)}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Thirty images, a module of one's own, and the record of a run over them."""
    monkeypatch.chdir(tmp_path)
    for name in ("left", "top", "middle"):
        noise = random.Random(name)
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(10):
            (tmp_path / "images" / name / f"{number:02}.png").write_bytes(image(name, noise))
    (tmp_path / "my_models.py").write_text(MODULE)
    values = {**CONFIG, "model": {"module": "my_models.py", "build": "build", "hyperparameters": {"units": 4}}}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(values))
    return _written(tmp_path, load(str(tmp_path / "tiny.yaml")))


def _written(root: Path, config: Any, **parameters: Any) -> Made:
    workspace = Workspace.at(root / "work")
    found = source.resolve(config, workspace)
    listing = source.scan(found)
    by_path = hashes.of_files(listing, None)
    content = {"data": hashes.digest(by_path), "schema": ""}
    obeys = node_obeys(config, CodeDigests(), content)
    workspace.root.mkdir()
    writer = Writer(opened(workspace.store), workspace.root)
    run = "tiny-20260131-120000-aaaa"
    record.start_run(writer.store, run, "tiny", config.to_json(), "f")
    manifest = writer.folder("tiny", "ExampleGen", "manifest")
    rows = [
        {"path": one.path, "hash": by_path[one.path], "split": "train", "class": one.label} for one in listing.files
    ]
    (manifest / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    schema = writer.folder("tiny", "Schema", "schema")
    (schema / "schema.pbtxt").write_text(SCHEMA)
    given = {"data": json.dumps({"kind": found.kind}), "input_path": found.path, "digest": content["data"]}
    outputs = {
        "examples": [writer.artifact("Examples", str(manifest))],
        "manifest": [writer.artifact("graduate.Manifest", str(manifest), rows=len(rows))],
    }
    writer.execution("tiny", run, "ExampleGen", {}, outputs, {**given, "obeys": obeys["ExampleGen"], **parameters})
    kept = {"curated": "", "accepted": parameters.get("accepted", ""), "obeys": obeys["Schema"]}
    writer.execution("tiny", run, "Schema", {}, {"schema": [writer.artifact("Schema", str(schema))]}, kept)
    trained = {"custom_config": json.dumps({"base_dir": str(root)}), "obeys": obeys["Trainer"]}
    writer.execution("tiny", run, "Trainer", {}, {}, trained)
    record.finish_run(writer.store, RunResult(run, "refused"))
    return Made(root, workspace, run)


def test_the_config_reads_back_as_the_run_resolved_it(made):
    recipe = reproduce.recipe(made.side(), made.root / "elsewhere" / "again.yaml")
    recipe.written.parent.mkdir()
    recipe.written.write_text(recipe.text)
    again, before = load(str(recipe.written)), load(str(made.root / "tiny.yaml"))
    assert again.input_path(again.data.images) == before.input_path(before.data.images)
    assert again.input_path(again.model.module) == before.input_path(before.model.module)
    assert again.data.images == "../images"  # below one folder, so that both can be moved together
    assert again.training == before.training
    assert again.evaluation == before.evaluation


def test_nothing_has_changed(made):
    assert {name: check.state for name, check in made.checks().items()} == {
        "config": "same",
        "data": "same",
        "schema": "same",
        "code": "same",
        "libraries": "unknown",
        "device": "unknown",
    }
    assert "30 files" in made.checks()["data"].told


def test_changed_missing_and_added_files_are_named(made):
    images = made.root / "images"
    (images / "left" / "03.png").write_bytes((images / "top" / "00.png").read_bytes())
    (images / "left" / "04.png").unlink()
    (images / "top" / "99.png").write_bytes(image("top", random.Random(1)))
    found = made.checks()["data"]
    assert found.state == "differs"
    assert found.details == ("changed: left/03.png", "missing: left/04.png", "added: top/99.png")
    assert not found.blocks


def test_a_file_that_changed_behind_its_times_is_seen(made):
    """Size and times as they were: nothing but reading tells."""
    path = made.root / "images" / "left" / "05.png"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    import os

    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert made.checks()["data"].details == ("changed: left/05.png",)


def test_a_module_that_changed_is_named_and_a_comment_is_no_change(made):
    (made.root / "my_models.py").write_text("# a comment\n" + MODULE)
    assert made.checks()["code"].state == "same"
    (made.root / "my_models.py").write_text(MODULE.replace("8", "9"))
    found = made.checks()["code"]
    assert found.state == "differs"
    assert "my_models.py (Trainer)" in found.details


@pytest.mark.parametrize(("gone", "check"), [("images", "data"), ("my_models.py", "code")])
def test_what_is_gone_is_said_and_nothing_is_run(made, capsys, gone, check):
    (made.root / gone).rename(made.root / "aside")
    assert made.checks()[check].blocks
    words_for_it = ["reproduce", made.run, "--workdir", str(made.workspace.root)]
    assert main([*words_for_it, "--check"]) == 1
    assert f"{made.root / gone} is gone" in " ".join(capsys.readouterr().out.split())
    assert main(words_for_it) == 1
    assert "cannot be made again" in capsys.readouterr().err
    assert not list(made.root.glob("reproduced-*"))


def test_the_check_tells_by_its_exit_code_and_writes_only_where_it_is_asked_to(made, capsys):
    command = ["reproduce", made.run, "--workdir", str(made.workspace.root), "--check", "--json"]
    before = sorted(made.root.iterdir())
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["same"], told["outcome"], told["config"]) == (True, None, None)
    assert sorted(made.root.iterdir()) == before
    (made.root / "images" / "left" / "04.png").unlink()
    assert main([*command, "-o", "again.yaml"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["checks"]["data"]["details"] == ["missing: left/04.png"]
    assert load("again.yaml").name == "tiny"


def test_a_folder_in_which_a_run_has_ended_is_refused(made, capsys):
    command = ["reproduce", made.run, "--workdir", str(made.workspace.root), "--into", str(made.workspace.root)]
    assert main(command) == 2
    assert "which would be repeated" in capsys.readouterr().err
    (made.root / "full").mkdir()
    (made.root / "full" / "thesis.tex").write_text("")
    assert main([*command[:-1], "full"]) == 2
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize("accepted", ["", hashlib.sha256(b"x").hexdigest()])
def test_a_schema_that_was_kept_goes_into_the_new_work_folder(tmp_path, monkeypatch, accepted, made):
    """One that was inferred stays inferred, one that a person accepted stays accepted: the Schema node's key is as it
    was."""
    from graduate.pipeline.data import schema_files

    other = tmp_path / "other"
    other.mkdir()
    written = _written(other, load(str(made.root / "tiny.yaml")), accepted=accepted)
    recipe = reproduce.recipe(written.side(), tmp_path / "again.yaml")
    new = Workspace.at(tmp_path / "new")
    assert reproduce.keep_schema(recipe, new)
    assert new.schema("tiny").read_text() == SCHEMA
    assert bool(schema_files.schema_params(recipe.config, new)["accepted"]) == bool(accepted)


@pytest.mark.parametrize(
    ("to", "overrides"),
    [(None, ()), ("models/tiny", ()), ("/srv/models", ("push.to=",)), ("../models", ("push.to=",))],
)
def test_a_copy_is_never_pushed_where_the_original_is_served_from(made, to, overrides):
    recipe = reproduce.recipe(made.side(), made.root / "again.yaml")
    config = recipe.config.model_copy(update={"push": recipe.config.push.model_copy(update={"to": to})})
    again = reproduce.Recipe(recipe.side, config, recipe.written, recipe.kind, recipe.data)
    assert again.overrides(Workspace.at(made.root / "new")) == overrides


@pytest.mark.parametrize(
    "word", ["1e-3", "off", "0o17", "~", "12:30", "true", "null", "1_000", ".5", "=", "<<", "ünï", ""]
)
def test_text_that_looks_like_something_else_stays_text(word):
    values = {"text": word, "list": [word, 1e-05, 1e30, 3, None, True]}
    assert parse(written(values), "x").values == values


def test_the_recipe_is_the_same_in_both_vocabularies(both, tmp_path):
    subject = words.resolve(both.records, both.story.runs["faster"], "model")
    recipe = reproduce.recipe(sides.of(both.records, subject), tmp_path / "again.yaml")
    assert recipe.config.training.learning_rate == 0.003
    assert recipe.config.data.images == "digits"  # a named demo data set is made anew
    found = {check.name: check.state for check in reproduce_checks.check(recipe)}
    assert (found["config"], found["data"]) == ("same", "unknown")


def test_a_run_of_another_program_is_refused(tmp_path):
    writer = Writer(opened(tmp_path / "store"), tmp_path)
    model = writer.artifact("Model", str(tmp_path))
    writer.execution("p", "theirs", "Trainer", {}, {"model": [model]}, {"module_file": "theirs.py"})
    with Records(open_store(str(tmp_path / "store"))) as records:
        side = sides.of(records, words.resolve(records, "theirs"))
        with pytest.raises(UsageError, match="recorded no config"):
            reproduce.recipe(side, tmp_path / "again.yaml")


def test_data_in_a_bucket_is_refused(made):
    config = load(str(made.root / "tiny.yaml"))
    other = made.root / "other"
    other.mkdir()
    written = _written(other, config, input_path="s3://bucket/images")
    with pytest.raises(UsageError, match="its data lies at s3://bucket/images"):
        reproduce.recipe(written.side(), other / "again.yaml")


def test_a_config_of_another_version_is_refused_with_the_key(made):
    side = made.side()
    side.run.config["training"]["gone_since"] = 3
    with pytest.raises(UsageError, match=r"training\.gone_since"):
        reproduce.recipe(side, made.root / "again.yaml")
