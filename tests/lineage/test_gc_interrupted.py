"""`graduate gc` that is stopped, killed or denied: whatever was left, the next one finishes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline import record, sweep
from graduate.pipeline.lineage import gc_folders
from graduate.pipeline.workspace import Workspace
from tests.lineage.gc_work import artifact_of, planned, states, yes


class Stop(BaseException):
    pass


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("moment", ["between", "before", "within"])
def test_whatever_stops_it_the_next_one_finishes(work, monkeypatch, after, moment):
    expected = planned(work)
    steps = iter(range(1000))

    def stop(*_):
        if next(steps) == after:
            raise Stop

    remove = shutil.rmtree

    def torn(path, *_):
        if next(steps) == after:
            first = next(path for path in sorted(Path(path).rglob("*")) if path.is_file())
            first.unlink()
            raise Stop
        remove(path)

    store = record.open_store(Workspace(work.root))
    with monkeypatch.context() as patched:
        if moment == "within":
            patched.setattr(sweep.shutil, "rmtree", torn)
        elif moment == "before":
            patched.setattr(sweep.os, "rename", stop)
        with pytest.raises(Stop):
            sweep.sweep(store, expected, *([stop] if moment == "between" else []))
    # every artifact is whole or out of sight, and none that was to go is taken by the cache
    now = states(work)
    assert {now[one.artifact] for one in expected.candidates if one.artifact} == {"marked_for_deletion"}
    assert yes(work, "--keep-runs", "1") == 0
    now = states(work)
    assert {now[one.artifact] for one in expected.candidates if one.artifact} == {"deleted"}
    assert not any(one.path.exists() for one in expected.candidates)
    assert not list((work.root / "artifacts").rglob(f"{gc_folders.ASIDE}*"))
    assert planned(work).candidates == []
    assert planned(work).gone == []


KILLED = """
import os, sys
from pathlib import Path
from graduate.pipeline import sweep
from graduate.pipeline.cli.main import main
remove, seen = sweep.shutil.rmtree, []
def killed(path):
    seen.append(path)
    if len(seen) == 2:
        os.kill(os.getpid(), 9)
    remove(path)
sweep.shutil.rmtree = killed
main(["gc", "--yes", "--keep-runs", "1", "--workdir", sys.argv[1]])
"""


def test_a_killed_gc_leaves_no_lock_and_is_finished_by_the_next(work):
    expected = planned(work)
    done = subprocess.run([sys.executable, "-c", KILLED, str(work.root)], capture_output=True, text=True, timeout=60)
    assert done.returncode == -9
    assert list((work.root / "artifacts").rglob(f"{gc_folders.ASIDE}*"))
    assert yes(work, "--keep-runs", "1") == 0
    assert not any(one.path.exists() for one in expected.candidates)
    assert not list((work.root / "artifacts").rglob(f"{gc_folders.ASIDE}*"))


def test_what_was_marked_and_is_needed_again_is_live_again(work):
    model = artifact_of(work, "first", "Model")
    store = record.open_store(Workspace(work.root))
    [artifact] = store.get_artifacts_by_id([model.id])
    artifact.state = mlmd.Artifact.MARKED_FOR_DELETION
    store.put_artifacts([artifact])
    assert planned(work).restore == [model.id]
    assert yes(work, "--keep-runs", "1") == 0
    assert states(work)[model.id] == "live"
    assert model.folder.is_dir()


def test_what_cannot_be_deleted_is_said_and_tried_again(work, monkeypatch, capsys):
    model = artifact_of(work, "faster", "Model")
    rename = os.rename

    def denied(source, target):
        if Path(source) == model.folder:
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(sweep.os, "rename", denied)
        assert yes(work, "--keep-runs", "1", "--json") == 1
    printed = capsys.readouterr()
    assert json.loads(printed.out)["failed"] == [{"path": str(model.folder), "why": "Permission denied"}]
    assert f"could not be deleted: {model.folder}: Permission denied" in printed.err
    assert states(work)[model.id] == "marked_for_deletion"
    assert yes(work, "--keep-runs", "1") == 0
    assert states(work)[model.id] == "deleted"
