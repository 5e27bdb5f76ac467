"""Versions: what a server sees at any moment, whatever is killed, raced or full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from graduate import publish
from graduate.errors import UserError


def save(folder, content=b"graph"):
    """A folder that looks like an export; `publish` opens none of its files."""
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "assets.extra").mkdir()
    (folder / "saved_model.pb").write_bytes(content)
    (folder / "variables" / "variables.index").write_bytes(b"index")
    (folder / "assets" / "label").write_text("a\nb\n")
    (folder / "assets.extra" / "graduate.json").write_text("{}")
    return folder


def card(number, before, content):
    return {"version": number, "content": content, "previous_version": before.number if before else None}, "<p>page</p>"


def push(model, place, *, at=1000, keep=5, **more):
    return publish.publish(model, place, card, keep=keep, now=lambda: at, **more)


def numbers(place):
    return [version.number for version in publish.versions(place)]


def visible(place):
    return sorted(name for name in os.listdir(place) if not name.startswith("."))


def test_a_version_holds_the_whole_model_its_card_and_its_page(tmp_path):
    model = save(tmp_path / "model")
    pushed = push(model, tmp_path / "to" / "digits")
    folder = pushed.version.folder
    assert folder == tmp_path / "to" / "digits" / "1000"
    assert not pushed.already
    for file in ("saved_model.pb", "variables/variables.index", "assets/label", "assets.extra/graduate.json"):
        assert (folder / file).read_bytes() == (model / file).read_bytes()
    assert publish.serving(folder.parent).card["content"] == publish.fingerprint(model) == publish.fingerprint(folder)
    assert (folder / "model_card.html").read_text() == "<p>page</p>"


def test_nothing_has_been_pushed_to_a_folder_that_is_not_there(tmp_path):
    assert publish.versions(tmp_path / "nowhere") == []
    assert publish.serving(tmp_path / "nowhere") is None


def test_what_is_no_version_is_not_listed(tmp_path):
    push(save(tmp_path / "model"), tmp_path / "to")
    (tmp_path / "to" / "2000").mkdir()  # no saved_model.pb
    save(tmp_path / "to" / "best")
    save(tmp_path / "to" / ".aside-3000")
    save(tmp_path / "to" / "99999999999999999999")  # more than int64: TensorFlow Serving does not take it
    assert numbers(tmp_path / "to") == [1000]


def test_two_pushes_in_one_second_give_two_versions(tmp_path):
    push(save(tmp_path / "one", b"1"), tmp_path / "to")
    push(save(tmp_path / "two", b"2"), tmp_path / "to")
    assert numbers(tmp_path / "to") == [1000, 1001]


def test_a_clock_that_was_set_back_still_gives_a_higher_version(tmp_path):
    push(save(tmp_path / "one", b"1"), tmp_path / "to", at=5000)
    assert push(save(tmp_path / "two", b"2"), tmp_path / "to", at=10).version.number == 5001


def test_a_number_that_something_else_has_taken_is_passed_over(tmp_path):
    (tmp_path / "to" / "1000").mkdir(parents=True)
    (tmp_path / "to" / "1000" / "notes.txt").write_text("mine")
    assert push(save(tmp_path / "model"), tmp_path / "to").version.number == 1001
    assert (tmp_path / "to" / "1000" / "notes.txt").read_text() == "mine"


def test_the_model_that_serves_already_is_not_pushed_again(tmp_path):
    model = save(tmp_path / "model")
    push(model, tmp_path / "to")
    again = push(model, tmp_path / "to", at=2000)
    assert again.already
    assert again.version.number == 1000
    assert numbers(tmp_path / "to") == [1000]


def test_the_same_model_is_pushed_when_another_serves_or_when_asked_to(tmp_path):
    one, two = save(tmp_path / "one", b"1"), save(tmp_path / "two", b"2")
    push(one, tmp_path / "to")
    push(two, tmp_path / "to")
    assert push(one, tmp_path / "to").version.number == 1002
    assert push(one, tmp_path / "to", again=True).version.number == 1003


def test_a_damaged_copy_of_the_same_model_is_replaced(tmp_path):
    model = save(tmp_path / "model")
    first = push(model, tmp_path / "to").version.folder
    (first / "variables" / "variables.index").write_bytes(b"")
    assert push(model, tmp_path / "to").version.number == 1001


def test_the_oldest_versions_go_and_the_one_that_serves_stays(tmp_path):
    for index in range(4):
        pushed = push(save(tmp_path / str(index), bytes([index])), tmp_path / "to", keep=2)
    assert numbers(tmp_path / "to") == [1002, 1003]
    assert pushed.pruned == (1001,)
    push(save(tmp_path / "last", b"last"), tmp_path / "to", keep=1)
    assert numbers(tmp_path / "to") == [1004]
    assert visible(tmp_path / "to") == ["1004"]


def test_versions_that_we_did_not_push_are_never_removed(tmp_path):
    save(tmp_path / "to" / "7")
    for index in range(3):
        push(save(tmp_path / str(index), bytes([index])), tmp_path / "to", keep=1)
    assert numbers(tmp_path / "to") == [7, 1002]


def test_a_card_that_cannot_be_read_leaves_a_version_without_one(tmp_path):
    folder = push(save(tmp_path / "model"), tmp_path / "to").version.folder
    (folder / "model_card.json").write_text("{torn")
    assert publish.serving(tmp_path / "to").card == {}


def test_what_fails_before_the_switch_leaves_nothing_behind(tmp_path):
    push(save(tmp_path / "one", b"1"), tmp_path / "to")

    def broken(*_):
        raise ValueError("no card")

    with pytest.raises(ValueError, match="no card"):
        publish.publish(save(tmp_path / "two", b"2"), tmp_path / "to", broken, keep=5)
    assert numbers(tmp_path / "to") == [1000]
    assert [name for name in os.listdir(tmp_path / "to") if name.startswith(".aside")] == []


def test_a_place_that_is_a_file_is_an_error_for_the_user(tmp_path):
    (tmp_path / "to").write_text("")
    with pytest.raises(UserError, match=r"cannot push to .*what served before serves still") as caught:
        push(save(tmp_path / "model"), tmp_path / "to")
    assert "push.to" in caught.value.hint


def test_a_folder_that_cannot_be_written_is_an_error_for_the_user(tmp_path):
    place = tmp_path / "to"
    if os.geteuid() == 0:
        place = "/sys/kernel/graduate"  # not even root makes a folder there
    else:
        place.mkdir(mode=0o500)
    with pytest.raises(UserError, match=r"cannot push to"):
        push(save(tmp_path / "model"), place)


PUSH = """
    import os, sys, time
    from graduate import publish
    model, place, how = sys.argv[1:]
    def card(number, before, content):
        if how == "hang":
            print("copied", flush=True)
            time.sleep(600)
        return {"content": content, "previous_version": before.number if before else None}, ""
    print(publish.publish(model, place, card, keep=50, now=lambda: 1000).version.number)
"""


def start(model, place, how="go", **more):
    command = [sys.executable, "-c", textwrap.dedent(PUSH), str(model), str(place), how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def test_a_push_that_is_killed_leaves_the_old_version_serving_and_the_next_one_cleans_up(tmp_path):
    place = tmp_path / "to"
    push(save(tmp_path / "one", b"1"), place)
    killed = start(save(tmp_path / "two", b"2"), place, "hang")
    assert killed.stdout.readline() == "copied\n"  # all files lie aside now
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert [name for name in os.listdir(place) if name.startswith(".aside")]
    assert publish.serving(place).number == 1000
    assert visible(place) == ["1000"]
    assert push(tmp_path / "two", place).version.number == 1001
    assert [name for name in os.listdir(place) if name.startswith(".aside")] == []


def test_a_live_push_is_waited_for_and_its_files_are_left_alone(tmp_path, monkeypatch):
    place = tmp_path / "to"
    live = start(save(tmp_path / "one", b"1"), place, "hang")
    assert live.stdout.readline() == "copied\n"
    monkeypatch.setattr(publish, "LOCK_TIMEOUT", 0.1)
    with pytest.raises(UserError, match=r"another push to .* has not ended"):
        push(save(tmp_path / "two", b"2"), place)
    assert [name for name in os.listdir(place) if name.startswith(".aside")]
    live.kill()
    live.communicate()


def test_processes_that_push_to_one_folder_in_one_second_each_get_a_version(tmp_path):
    models = [save(tmp_path / str(index), bytes([index])) for index in range(4)]
    racing = [start(model, tmp_path / "to") for model in models]
    given = [process.communicate(timeout=60) for process in racing]
    assert [process.returncode for process in racing] == [0] * 4, given
    assert sorted(int(out) for out, _ in given) == [1000, 1001, 1002, 1003]
    assert numbers(tmp_path / "to") == [1000, 1001, 1002, 1003]
    contents = {publish.fingerprint(version.folder) for version in publish.versions(tmp_path / "to")}
    assert contents == {publish.fingerprint(model) for model in models}


def test_a_reader_never_sees_half_a_version(tmp_path):
    place = tmp_path / "to"
    models = [save(tmp_path / str(index), bytes([index]) * 200_000) for index in range(2)]
    push(models[0], place)
    process = start(models[1], place)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        serving = publish.serving(place)
        assert publish.fingerprint(serving.folder) == serving.card["content"]
        if process.poll() is not None:
            break
    process.communicate()
    assert process.returncode == 0
    assert publish.serving(place).number == 1001


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_said_and_what_served_serves_still(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    small = save(tmp_path / "small", b"1")
    large = save(tmp_path / "large", b"2" * 300_000)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("this container may not mount")
    try:
        push(small, disk)
        with pytest.raises(UserError, match=r"no space left in .*was not pushed") as caught:
            push(large, disk)
        assert "make room" in caught.value.hint
        assert numbers(disk) == [1000]
        assert [name for name in os.listdir(disk) if name.startswith(".aside")] == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
