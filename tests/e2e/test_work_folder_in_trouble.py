"""A full disk, a read-only work folder, a damaged store: said in a few lines, and then the same command goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import Done, Project, weights

pytestmark = pytest.mark.slow


class Disk:
    """A small disk of its own, mounted at `work` in a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def mount(self, options: str) -> None:
        """Mount, or mount again with other options; whoever may not mount skips the test."""
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "graduate-test", str(self.folder)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"needs to mount a tmpfs: {done.stderr.strip()}")

    def unmount(self) -> None:
        """Take the disk away."""
        subprocess.run(["umount", str(self.folder)], capture_output=True)


@pytest.fixture
def disk(project: Project) -> Iterator[Disk]:
    """A disk that is not mounted yet."""
    made = Disk(project.folder / "work")
    yield made
    made.unmount()


def said(done: Done) -> list[str]:
    """The lines of the error."""
    lines = [line for line in done.err.splitlines() if line]
    at = next(index for index, line in enumerate(lines) if line.startswith("error: "))
    return lines[at:]


def test_a_full_disk_is_named_with_what_is_free_and_with_more_room_the_same_command_goes_on(project, disk, first_run):
    disk.mount("size=200k")
    at_once = project.run("--workdir", "work")
    assert at_once.code == 1
    assert "the disk is full" in at_once.err

    for size in ("420k", "520k"):  # enough for the store and not for its next transaction; for some nodes
        disk.mount(f"remount,size={size}")
        during = project.run("--workdir", "work")
        assert (during.code, during.result["status"]) == (1, "failed"), during.err
        error = said(during)
        assert len(error) == 2
        assert error[0].startswith(("error: work: the disk is full (0.", f"error: {disk.folder}: the disk is full (0."))
        assert "the same command goes on" in error[-1]

    disk.mount("remount,size=100m")
    done = project.run("--workdir", "work")
    assert (done.code, done.result["status"]) == (0, "pushed"), done.err
    assert weights(done.result["pushed_to"]) == weights(first_run[1].result["pushed_to"])


def test_a_full_disk_where_models_are_pushed_leaves_the_old_version_serving(project, disk):
    disk.mount("size=100m")
    project.write_config(push={"to": str(disk.folder / "models")})
    first = project.run()
    assert first.code == 0, first.err
    filler = disk.folder / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], capture_output=True)  # until it is full
    done = project.run("--set", "training.seed=8")
    assert (done.code, done.result["status"]) == (1, "failed")
    error = said(done)
    assert len(error) <= 3
    assert f"{disk.folder}/models" in error[0]
    assert "push.to" in " ".join(error)
    (serving,) = (disk.folder / "models").glob("*/saved_model.pb")
    assert str(serving.parent) == first.result["pushed_to"]
    filler.unlink()
    again = project.run("--set", "training.seed=8")
    assert again.code == 0, again.err
    assert again.ran == {"Pusher"}
    assert len(list((disk.folder / "models").glob("*/saved_model.pb"))) == 2


def test_a_read_only_work_folder_is_said_at_once_also_by_the_verbs_that_only_read(project, disk):
    disk.mount("size=1m")
    disk.mount("remount,ro")
    done = project.run("--workdir", "work")
    error = said(done)
    assert (done.code, done.result["status"]) == (1, "failed")
    assert len(error) == 2
    assert error[0].startswith(f"error: {disk.folder}: ")
    assert "ead-only" in error[0]
    assert "--workdir" in error[1]
    assert project.graduate("models", "--workdir", "work").code == 0


def test_a_pushed_work_folder_that_became_read_only_still_answers(project, disk):
    disk.mount("size=100m")
    first = project.run("--workdir", "work")
    assert first.code == 0, first.err
    disk.mount("remount,ro")
    again = project.run("--workdir", "work")
    assert (again.code, again.result["unchanged"]) == (0, True), again.err
    other = project.run("--workdir", "work", "--set", "training.seed=8")
    assert other.code == 1
    assert "ead-only" in said(other)[0]
    assert project.graduate("models", "--workdir", "work").code == 0
    asked = project.graduate("predict", "latest", "images/top/000.png", "--workdir", "work")
    assert asked.code == 0, asked.err
    disk.mount("remount,rw")
    assert project.run("--workdir", "work").result["unchanged"]


DAMAGED = {
    "text": lambda content: b"not a database, but a note that is longer than a header" * 20,
    "cut off": lambda content: content[: len(content) // 3],
    "overwritten in the middle": lambda content: content[:8192] + b"\xff" * (len(content) - 16384) + content[-8192:],
    "empty pages": lambda content: content[:4096] + bytes(len(content) - 4096),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_store_is_named_with_the_remedy_and_what_serves_is_left_alone(pushed, damage):
    store = pushed.workspace.store
    content = store.read_bytes()
    store.write_bytes(DAMAGED[damage](content))
    try:
        done = pushed.run("--set", "training.seed=8")
        damaged = store.read_bytes()
        models = pushed.graduate("models")
    finally:
        store.write_bytes(content)
    error = said(done)
    assert (done.code, done.result["status"]) == (1, "failed")
    assert len(error) == 2
    assert error[0].startswith(f"error: {store}: ")
    assert f"mv {store} {store}.damaged" in error[1]
    assert damaged == DAMAGED[damage](content)
    assert "Traceback" not in models.err
    assert models.code in (0, 1)


def test_a_store_of_an_older_schema_stops_a_run_until_it_is_asked_to_be_upgraded(pushed):
    import ml_metadata
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    store = pushed.workspace.store
    content, copy = store.read_bytes(), store.with_name(f"{store.name}.schema-9")
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(store)
    ml_metadata.downgrade_schema(config, 9)
    older = store.read_bytes()
    try:
        done = pushed.run("--set", "training.seed=8")
        untouched, models = store.read_bytes(), pushed.graduate("models")
        upgraded = pushed.graduate("doctor", "--upgrade-store")
        kept, again = copy.exists(), pushed.run()
    finally:
        store.write_bytes(content)
        copy.unlink(missing_ok=True)
    error = said(done)
    assert (done.code, done.out) == (2, "")  # before anything starts
    assert len(error) == 2
    assert error[0].startswith(f"error: {store}: was written by an older ml-metadata (schema 9")
    assert error[1].startswith(f"hint: graduate doctor --upgrade-store {store} ")
    assert untouched == older
    assert models.code == 2
    assert "--upgrade-store" in models.err
    assert upgraded.code == 0, upgraded.err
    assert kept
    assert (again.code, again.result["unchanged"]) == (0, True), again.err


def test_with_the_damaged_store_moved_aside_the_same_command_runs_and_pushes(project):
    old = project.workspace.push_to("tiny", None) / "7"
    old.mkdir(parents=True)
    (old / "saved_model.pb").write_bytes(b"a model of before")
    project.workspace.store.write_bytes(b"no database at all" * 300)
    assert project.run().code == 1
    project.workspace.store.rename(project.workspace.store.with_suffix(".sqlite.damaged"))
    done = project.run("--until", "Schema")
    assert (done.code, done.result["status"]) == (0, "stopped"), done.err
    assert project.models == [old]
