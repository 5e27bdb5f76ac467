"""`graduate export` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from graduate.pipeline.cli import export as verb
from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import export

HEAVY = {
    "numpy",
    "tensorflow",
    "keras",
    "tfx",
    "apache_beam",
    "ml_metadata",
    "pandas",
    "prov",
    "cyclonedx",
    "jsonschema",
}
PROGRAM = """
import json, sys
from graduate.pipeline.cli import export
from graduate.pipeline.cli._parser import Parser
parser = Parser()
export.add_arguments(parser)
code = export.run(parser.parse_args(sys.argv[1:]))
print("\\n" + json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def typed(*words):
    return main(["export", *map(str, words)])


def test_the_verb_offers_every_format():
    assert tuple(export.FORMATS) == verb._FORMATS


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_document_goes_to_stdout(story, capsys, form):
    assert typed("digits:serving", "--as", form, "--workdir", story.root) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines() if export.FORMATS[form].lines else [out]
    assert all(json.loads(line) for line in lines)
    assert err == ""


def test_a_document_goes_into_a_file(story, tmp_path, capsys):
    path = tmp_path / "new" / "bom.json"
    assert typed("digits:serving", "--as", "mlbom", "-o", path, "--store", story.store) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"wrote {path}\n")
    assert json.loads(path.read_text(encoding="utf-8"))["bomFormat"] == "CycloneDX"


def test_a_file_that_cannot_be_written_is_said(story, tmp_path, capsys):
    assert typed("digits:serving", "--as", "prov", "-o", tmp_path, "--workdir", story.root) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}: cannot be written")
    assert os.listdir(tmp_path) == []


def test_what_is_wrong_with_the_words_is_said(story, capsys):
    assert typed("digits:serving", "--as", "spdx", "--workdir", story.root) == 2
    assert "mlbom" in capsys.readouterr().err
    assert typed("digits:servign", "--as", "prov", "--workdir", story.root) == 2
    assert "did you mean" in capsys.readouterr().err
    assert typed(story.runs["failed"], "--as", "modelcard", "--workdir", story.root) == 2
    assert f"{story.runs['failed']} has no model" in capsys.readouterr().err


@pytest.mark.parametrize("form", export.FORMATS)
def test_nothing_heavy_is_imported(story, form):
    words = [sys.executable, "-c", PROGRAM, "digits:serving", "--as", form, "--workdir", str(story.root)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert not HEAVY & set(names)
