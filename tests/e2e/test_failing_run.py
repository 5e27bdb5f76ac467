"""A run that fails in code of the user's, and data that DataGuard refuses."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.slow

MODULE = """import keras


def layer(units):
    raise ValueError(f"no layer has {units} units")


def build(shape, classes, units):
    return keras.Sequential([keras.Input(shape), layer(units)])
"""


def test_a_user_module_that_raises_is_named_with_file_and_line(project):
    (project.folder / "my_models.py").write_text(MODULE)
    project.write_config(model={"module": "my_models.py", "build": "build"})
    done = project.run()
    said = done.err.splitlines()[-10:]
    at = next(index for index, line in enumerate(said) if line.startswith(("error", "Preflight failed")))
    assert (done.code, done.result["status"], done.result["error"]["node"]) == (1, "failed", "Preflight")
    assert len(said[at:]) <= 10
    assert "my_models.py:5" in done.err
    assert "ValueError: no layer has [16] units" in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert done.nodes["Preflight"] == "failed"  # where the network is built first

    (project.folder / "my_models.py").write_text("import nothing_like_this\n" + MODULE)
    imported = project.run()
    assert imported.code == 1
    assert "my_models.py:1" in imported.err
    assert "nothing_like_this" in imported.err
    assert imported.nodes["Transform"] == "cached"

    (project.folder / "my_models.py").write_text("def build(shape, classes, units):\n    return units\n")
    wrong = project.run()
    assert wrong.code == 1
    assert "my_models.py" in wrong.err
    assert "not a Keras 3 model" in " ".join(wrong.err.split())
    assert project.serving is None


def test_data_that_is_not_what_training_saw_is_refused_before_transform_and_again(project):
    ready = project.folder / "ready"
    for split, most in {"train": 30, "eval": 12, "test": 12}.items():
        for name in ("left", "top", "middle"):
            (ready / split / name).mkdir(parents=True)
            few = 1 if split == "eval" and name != "left" else most
            for path in sorted((project.folder / "images" / name).glob("*.png"))[:few]:
                shutil.copy(path, ready / split / name)
    shutil.rmtree(project.folder / "images")
    ready.rename(project.folder / "images")
    project.write_config(data={"split": None})
    done = project.run()
    assert (done.code, done.result["status"]) == (5, "data_refused"), done.err
    (guard,) = [verdict for verdict in done.result["verdicts"] if not verdict["passed"]]
    assert guard["source"] == "DataGuard"
    assert {done.nodes[node] for node in ("Transform", "Trainer", "Evaluator", "Gate", "Pusher")} == {"skipped"}
    assert project.serving is None
    again = project.run()
    assert (again.code, again.result["unchanged"]) == (5, True)
    told = project.graduate("run", "tiny.yaml")
    assert told.code == 5
    assert "data refused" in told.out
    assert any(reason[:40] in told.out for reason in guard["reasons"])
