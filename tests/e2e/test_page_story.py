"""What holds a page's commands against what they say sees where they part."""

import pytest

from tests.e2e import page_story

PAGE = """
```console
$ echo shapes-20260131-120000-0a0b; echo shapes-20260131-120000-0a0b
shapes-20260131-120000-0a0b
shapes-20260131-120000-0a0b
```
A word, then
```console
$ printf 'one 2\\nthree 4.5\\n'
one 2
  …
$ true
```
"""


@pytest.fixture
def player(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return page_story.Player(folder, home="/home/ada", who="ada@host")


def test_a_page_that_tells_the_truth_is_played_to_its_end(player):
    steps = list(page_story.steps(PAGE))
    assert [step.command.split()[0] for step in steps] == ["echo", "printf", "true"]
    for step in steps:
        player.play(step)


@pytest.mark.parametrize(
    ("says", "command"),
    [
        ("one", "echo two"),
        ("one", "echo one two"),
        ("one\n…\nthree", "printf 'one\\ntwo\\n'"),
        ("…\none", "printf 'one\\ntwo\\n'"),
        ("", "echo something"),
        ("one", "true"),
        ("version 3 of 2026-01-31", "echo version 4 of 2026-01-31"),
    ],
)
def test_a_page_that_does_not_is_caught(player, says, command):
    with pytest.raises(AssertionError, match="the page has"):
        player.play(page_story.Step(command, says))


@pytest.mark.parametrize(
    ("says", "command"),
    [
        ("took 54 s, loss 0.2149", "echo took 1m 09s, loss 0.3"),
        ("at 2026-01-31 12:00:00", "echo at 2027-02-01 01:02:03"),
        ("in /home/ada/x by ada@host", 'echo in "$PWD/x" by "$(id -un)@box"'),
        ("└─ one\n   two", "echo one two"),
        ("161.8 kB in x", "echo 9 MB in x"),
    ],
)
def test_what_differs_from_run_to_run_does_not_count(player, says, command):
    player.play(page_story.Step(command, says))


def test_an_id_is_the_same_wherever_the_page_has_it(player):
    first, second = "shapes-20260131-120000-0a0b", "shapes-20260131-120500-0c0d"
    ours, theirs = "shapes-20270131-120000-1111", "shapes-20270131-120500-2222"
    player.play(page_story.Step(f"echo {ours} 1790000000", f"{first} 1795834210"))
    player.play(page_story.Step(f"echo {first} {theirs}", f"{first} {second}"))  # the command names the page's id
    assert player.ids == {first: ours, second: theirs, "1795834210": "1790000000"}
    with pytest.raises(AssertionError):
        player.play(page_story.Step(f"echo {theirs}", first))


def test_graduate_is_this_one(player):
    player.play(page_story.Step("graduate --version", "graduate …"))
