"""What is wrong with a config or the input is said at once: at most three lines, with its place and a remedy."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.project import Done, Project

USAGE, DATA = 2, 5


@pytest.fixture
def served(project: Project) -> Path:
    """What stands for the model that was pushed last: here only its being left alone counts."""
    version = project.workspace.push_to("tiny", None) / "7"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"a model")
    return version


def refused(project: Project, served: Path, code: int, *words: str) -> str:
    """Run, and give what was said, joined to one line; everything that every refusal has in common is checked here."""
    done = project.graduate("run", "tiny.yaml", *words)
    said = [line for line in done.err.splitlines() if line]
    assert done.code == code, done.err
    assert done.out == ""
    assert len(said) <= 3, done.err
    assert said[0].startswith("error: ")
    assert "Traceback" not in done.err
    assert project.models == [served]
    assert (served / "saved_model.pb").read_bytes() == b"a model"
    assert not project.workspace.store.exists()
    return done.err


def edit(project: Project, old: str, new: str) -> None:
    config = project.folder / "tiny.yaml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


CONFIGS = {
    "an unknown key": (
        "batch_size: 16",
        "batch_sise: 16",
        ("tiny.yaml:21", "unknown key training.batch_sise", "did you mean batch_size?"),
    ),
    "an unknown group": ("training:", "trainning:", ("unknown key trainning", "did you mean training?")),
    "a wrong type": ("steps: 40", "steps: many", ("tiny.yaml:20", "training.steps", "whole number", "many")),
    "a wrong choice": ("batch_size: 16", "optimizer: adamm", ("training.optimizer", "adamm", "did you mean adam?")),
    "an unknown builder": ("build: mlp", "build: cmn", ("tiny.yaml:15", "unknown builder cmn", "did you mean cnn?")),
    "a hyperparameter that the builder does not take": ("units:", "unitss:", ("unitss", "units")),
    "an empty bound": ("accuracy:\n      at_least: 0.9", "accuracy: {}", ("evaluation.bounds.accuracy", "at_least")),
    "a bound out of range": ("at_least: 0.9", "at_least: 90", ("between 0 and 1", "did you mean 0.9?")),
    "no bound": ("bounds:\n    accuracy:\n      at_least: 0.9", "bounds: {}", ("evaluation has no bound", "at_least")),
    "no evaluation": (
        "evaluation:\n  bounds:\n    accuracy:\n      at_least: 0.9\n",
        "",
        ("evaluation", "accuracy: {at_least: 0.9}"),
    ),
    "a key twice": ("steps: 40", "steps: 40\n  steps: 50", ("tiny.yaml:21", "training.steps", "lines 20 and 21")),
    "an unsafe tag": ("name: tiny", "name: !!python/object/apply:os.getpid []", ("tiny.yaml:1", "tag", "python")),
    "broken YAML": ("steps: 40", "steps: [40", ("tiny.yaml:",)),
    "shares that do not add up": ("test: 0.2", "test: 0.3", ("data.split", "1.1")),
    "neither steps nor epochs": ("  steps: 40\n", "", ("training", "steps", "epochs")),
    "a schema that is not there": ("transform:", "schema: none.pbtxt\ntransform:", ("schema", "none.pbtxt")),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_wrong_config_is_refused_with_its_place_and_the_remedy(project, served, case):
    old, new, words = CONFIGS[case]
    edit(project, old, new)
    said = refused(project, served, USAGE)
    assert [word for word in words if word not in said] == [], said


def test_a_config_that_is_not_there_leads_to_the_one_that_is(project, served):
    done = project.graduate("run", "tinny.yaml")
    assert (done.code, done.out) == (USAGE, "")
    assert "tinny.yaml" in done.err
    assert "did you mean tiny.yaml?" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "training.stepps=5"], ("--set training.stepps", "did you mean steps?")),
        (["--set", "training.steps=five"], ("--set training.steps", "whole number")),
        (["--set", "training.steps"], ("KEY=VALUE", "training.steps")),
        (["--until", "Trainr"], ("--until Trainr", "did you mean Trainer?")),
        (["--runner", "spark"], ("--runner", "local", "beam")),
        (["--untill", "Trainer"], ("--untill", "--until")),
    ],
)
def test_a_wrong_option_is_refused_with_the_right_one(project, served, words, said):
    told = refused(project, served, USAGE, *words)
    assert [word for word in said if word not in told] == [], told


def missing(project: Project) -> None:
    shutil.rmtree(project.folder / "images")


def empty(project: Project) -> None:
    missing(project)
    (project.folder / "images").mkdir()


def only_text(project: Project) -> None:
    empty(project)
    (project.folder / "images" / "cats").mkdir()
    (project.folder / "images" / "cats" / "notes.txt").write_text("no image")


def one_class(project: Project) -> None:
    for name in ("left", "top"):
        shutil.rmtree(project.folder / "images" / name)


def no_class_folders(project: Project) -> None:
    for path in (project.folder / "images").glob("*/*"):
        path.rename(project.folder / "images" / f"{path.parent.name}-{path.name}")
    for path in (project.folder / "images").glob("*/"):
        path.rmdir()


def a_file(project: Project) -> None:
    missing(project)
    (project.folder / "images").write_text("no folder")


def link_outside(project: Project) -> None:
    (project.folder / "secret.png").write_bytes(b"secret")
    (project.folder / "images" / "top" / "link.png").symlink_to(project.folder / "secret.png")


def folder_link_outside(project: Project) -> None:
    (project.folder / "elsewhere").mkdir()
    (project.folder / "images" / "right").symlink_to(project.folder / "elsewhere")


def link_to_nothing(project: Project) -> None:
    (project.folder / "images" / "top" / "link.png").symlink_to("gone.png")


def link_in_a_circle(project: Project) -> None:
    (project.folder / "images" / "top" / "again").symlink_to(project.folder / "images")


def not_utf8(project: Project) -> None:
    folder = os.fsencode(project.folder / "images" / "top")
    os.rename(folder + b"/000.png", folder + b"/\xff.png")


def ready_made(project: Project, *splits: str) -> None:
    project.write_config(data={"split": None})
    for name in splits:
        shutil.copytree(project.folder / "images", project.folder / "ready" / name)
    missing(project)
    (project.folder / "ready").rename(project.folder / "images")


def unseen_class(project: Project) -> None:
    ready_made(project, "train", "eval", "test")
    shutil.rmtree(project.folder / "images" / "train" / "top")


def no_test_split(project: Project) -> None:
    ready_made(project, "train", "eval")


def other_split_names(project: Project) -> None:
    ready_made(project, "train", "val", "test")


def split_twice(project: Project) -> None:
    ready_made(project, "train", "eval", "test")
    project.write_config()


def empty_split(project: Project) -> None:
    project.write_config(data={"split": {"train": 0.998, "eval": 0.001, "test": 0.001}})


def no_group(project: Project) -> None:
    project.write_config(data={"group_by": "(patient-[0-9]+)"})


FOLDERS: dict[str, tuple[Callable[[Project], None], int, tuple[str, ...]]] = {
    "missing": (missing, DATA, ("data.images", "does not exist", "relative to the config")),
    "empty": (empty, DATA, ("data.images", "is empty", "CLASS/name.png")),
    "a file": (a_file, DATA, ("data.images", "is a file", "CLASS/name.png")),
    "without images": (only_text, DATA, ("data.images", "holds no images", "CLASS/name.png")),
    "one class only": (one_class, DATA, ("one class only", "middle", "two or more")),
    "images without class folders": (no_class_folders, DATA, ("90 images", "no class folder", "CLASS/name.png")),
    "a link to a file outside": (link_outside, DATA, ("top/link.png", "leaves the data folder", "copy")),
    "a link to a folder outside": (folder_link_outside, DATA, ("images/right", "leaves the data folder", "copy")),
    "a link to nothing": (link_to_nothing, DATA, ("top/link.png", "leads nowhere", "remove")),
    "a link in a circle": (link_in_a_circle, DATA, ("top/again", "circle", "remove")),
    "a name that is not UTF-8": (not_utf8, DATA, ("\\udcff.png", "not UTF-8", "rename")),
    "a class that training never saw": (unseen_class, DATA, ("class top", "eval/top/000.png", "train/top/")),
    "no test split": (no_test_split, DATA, ("test", "evaluation.split", "eval")),
    "splits under other names": (other_split_names, DATA, ("val", "rename val to eval")),
    "split already and again": (split_twice, USAGE, ("data.split", "split already", "remove data.split")),
    "an empty split": (empty_split, DATA, ("eval split is empty", "90 rows", "data.split")),
    "a file without a group": (no_group, DATA, ("data.group_by", "left/000.png", "mend the expression")),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_data_folder_that_cannot_be_used_is_refused_with_the_path_and_the_remedy(project, served, case):
    spoil, code, words = FOLDERS[case]
    spoil(project)
    said = refused(project, served, code)
    assert [word for word in words if word not in said] == [], said


def test_refused_data_has_its_status_in_the_json_too(project, served):
    missing(project)
    done: Done = project.run()
    assert done.code == DATA
    assert done.result["status"] == "data_refused"
    assert done.result["pushed_to"] is None
    assert done.result["nodes"] == []
    assert "does not exist" in done.result["error"]["message"]
    assert json.loads(done.out) == done.result  # and nothing else


MODULES = {
    "is not there": (None, "build", ("my_models.py", "no such file")),
    "is no Python": ("def build(:\n", "build", ("my_models.py:1", "invalid syntax")),
    "has no such function": ("def biuld(shape, units):\n    pass\n", "build", ("my_models.py", "did you mean biuld?")),
}


@pytest.mark.parametrize("case", MODULES)
def test_a_user_module_that_cannot_be_used_is_refused(project, served, case):
    text, build, words = MODULES[case]
    if text is not None:
        (project.folder / "my_models.py").write_text(text)
    project.write_config(model={"module": "my_models.py", "build": build, "hyperparameters": {}})
    said = refused(project, served, USAGE)
    assert [word for word in words if word not in said] == [], said


def test_a_work_folder_that_is_a_file_is_refused(project, served):
    (project.folder / "work").write_text("no folder")
    done = project.graduate("run", "tiny.yaml", "--workdir", "work")
    assert done.code == 1
    assert next(line for line in done.err.splitlines() if line).startswith(f"error: {project.folder}/work: ")
    assert "--workdir" in done.err
    assert len([line for line in done.err.splitlines() if line]) <= 3
