"""`graduate diff` as a command."""

import json
import subprocess
import sys

import pytest

from graduate.pipeline.cli.main import main

HEAVY = {"tensorflow", "tfx", "apache_beam", "ml_metadata", "keras", "numpy", "pandas"}
PROGRAM = """
import json, sys
from graduate.pipeline.cli.main import main
code = main(sys.argv[1:])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
sys.exit(code)
"""


def test_the_command_answers_with_0_whatever_differs(story, capsys):
    words = ["diff", story.runs["faster"], story.runs["more_data"], "--workdir", str(story.root)]
    assert main(words) == 0
    assert "4 added, 2 removed, 1 in another class" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["a"]["run"], told["b"]["status"], told["same"]) == (story.runs["faster"], "refused", False)


def test_b_may_lie_in_another_store(story, own_story, capsys):
    words = ["diff", story.runs["first"], own_story.runs["faster"], "--workdir", str(story.root)]
    assert main([*words, "--other-workdir", str(own_story.root)]) == 0
    assert "training.learning_rate" in capsys.readouterr().out
    assert main([*words, "--other-store", str(own_story.store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["b"]["store"] == str(own_story.store)


@pytest.mark.parametrize("extra", [["--other-store", ""], ["--other-workdir", "x", "--other-store", "y"]])
def test_a_wrong_other_store_is_a_bad_command(story, capsys, extra):
    assert main(["diff", "first", "latest", "--workdir", str(story.root), *extra]) == 2


def test_an_unknown_run_is_answered_with_the_nearest(story, capsys):
    assert main(["diff", story.runs["first"][:-1], "pets:latest", "--workdir", str(story.root)]) == 2
    assert story.runs["first"] in capsys.readouterr().err


def test_nothing_heavy_is_imported(story):
    words = ["diff", story.runs["faster"], story.runs["more_data"], "--workdir", str(story.root)]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not set(json.loads(done.stdout.splitlines()[-1])) & HEAVY
