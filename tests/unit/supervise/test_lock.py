"""The lock of a work folder, between processes."""

import json
import os
import subprocess
import sys

import pytest

from graduate.errors import UsageError, UserError
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace

HOLD = """
import sys
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace
with lock.hold(Workspace.at(sys.argv[1]), "graduate run a.yaml"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_holder_is_named(tmp_path, holder):
    with pytest.raises(UsageError) as caught, lock.hold(Workspace.at(tmp_path), "me", wait=False):
        pass
    assert f"is in use by process {holder.pid} (since " in caught.value.message
    assert caught.value.message.endswith("graduate run a.yaml")


def test_the_lock_of_a_killed_holder_is_free(tmp_path, holder):
    holder.kill()
    holder.wait()
    with lock.hold(Workspace.at(tmp_path), "me", wait=False):
        found = lock.read_holder(Workspace.at(tmp_path))
        assert found is not None
        assert (found.pid, found.command) == (os.getpid(), "me")


def test_who_waits_is_told_once_and_goes_on_when_the_holder_ends(tmp_path, holder):
    said = []

    def on_wait(sentence):
        said.append(sentence)
        holder.stdin.close()  # the holder ends

    with lock.hold(Workspace.at(tmp_path), "me", on_wait=on_wait):
        assert len(said) == 1
        assert str(holder.pid) in said[0]


def test_it_is_held_as_long_as_somebody_who_inherited_it_lives(tmp_path):
    workspace = Workspace.at(tmp_path)
    with lock.hold(workspace, "me") as descriptor:
        heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[descriptor])
    with pytest.raises(UsageError), lock.hold(workspace, "me", wait=False):
        pass
    heir.communicate(b"\n")
    with lock.hold(workspace, "me", wait=False):
        pass


def test_a_lock_file_that_says_nothing_sensible_does_not_matter(tmp_path):
    workspace = Workspace.at(tmp_path)
    for content in ("", "{", "[]", json.dumps({"pid": 1})):
        lock.path(workspace).write_text(content)
        assert lock.read_holder(workspace) is None
        with lock.hold(workspace, "me", wait=False):
            pass


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="the work folder cannot be written") as caught,
        lock.hold(Workspace.at(tmp_path / "file" / "work"), "me"),
    ):
        pass
    assert "--workdir" in caught.value.hint
