"""A pushed model is made again from its record alone, bit for bit; and what changed since is said without a run."""

import json
import shutil

import pytest

from tests.e2e.project import weights

pytestmark = pytest.mark.slow


def test_a_pushed_model_is_made_again_bit_for_bit(pushed, tmp_path):
    """In a place of its own, with another current folder, after the project's own config has gone."""
    workdir, new = pushed.workspace.root, tmp_path / "again"
    config = pushed.folder / "tiny.yaml"
    kept = config.read_bytes()
    config.unlink()
    try:
        done = pushed.graduate(
            "reproduce", f"tiny:{pushed.serving.name}", "--workdir", str(workdir), "--into", str(new), "--json"
        )
    finally:
        config.write_bytes(kept)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["same"], told["checks"]
    assert (told["outcome"]["status"], told["outcome"]["identical"]) == ("pushed", True)
    [version] = (new / "models" / "tiny").glob("*/saved_model.pb")
    assert weights(version.parent) == weights(pushed.serving)
    for one, other in told["outcome"]["metrics"].values():
        assert one == other

    difference = pushed.graduate("diff", f"tiny:{pushed.serving.name}", "latest", "--other-workdir", str(new), "--json")
    assert difference.code == 0, difference.err
    told = json.loads(difference.out)
    assert (told["weights"]["state"], told["metrics"]["state"], told["data"]["state"]) == ("same",) * 3
    assert told["code"]["modules"] == []


def test_a_changed_file_of_the_data_is_said_with_check_and_nothing_runs(pushed):
    path = pushed.folder / "images" / "left" / "007.png"
    aside = pushed.folder / "aside.png"
    shutil.copy2(path, aside)
    before = sorted(pushed.folder.iterdir())
    try:
        path.write_bytes((pushed.folder / "images" / "top" / "001.png").read_bytes())
        done = pushed.graduate("reproduce", "serving", "--check")
    finally:
        shutil.move(aside, path)
    assert done.code == 1
    assert "changed: left/007.png" in done.out
    assert sorted(pushed.folder.iterdir()) == [one for one in before if one != aside]
    again = pushed.graduate("reproduce", "serving", "--check", "--json")
    assert json.loads(again.out)["checks"]["data"]["state"] == "same"
