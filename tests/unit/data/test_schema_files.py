"""Which schema a run obeys, and when that changes its fingerprint."""

from pathlib import Path

import pytest

from graduate.components.schema_text import INFERRED, digest
from graduate.errors import UsageError
from graduate.pipeline.config import load
from graduate.pipeline.data import schema_files
from graduate.pipeline.workspace import Workspace

CONFIG = """\
name: pets
data: {images: pets}
training: {steps: 1}
evaluation: {bounds: {accuracy: {at_least: 0.5}}}
"""
SCHEMA = "".join(f'feature {{ name: "{name}" type: BYTES }}\n' for name in ("image", "label", "hash"))


@pytest.fixture
def fingerprint(tmp_path):
    """The schema's part of a run's fingerprint, for a config with these last lines."""

    def fingerprint(more: str = "") -> str:
        (tmp_path / "pets.yaml").write_text(CONFIG + more)
        return schema_files.schema_digest(load(tmp_path / "pets.yaml"), Workspace.at(tmp_path / "work"))

    return fingerprint


@pytest.fixture
def kept(tmp_path) -> Path:
    """The folder in which the work folder keeps the schema of `pets`."""
    folder = Workspace.at(tmp_path / "work").schema("pets").parent
    folder.mkdir(parents=True)
    return folder


def test_keeping_what_was_inferred_changes_nothing_and_accepting_another_does(fingerprint, kept):
    before = fingerprint()
    (kept / INFERRED).write_text(digest(SCHEMA))
    (kept / "schema.pbtxt").write_text(SCHEMA)
    assert fingerprint() == before
    (kept / "schema.pbtxt").write_text(SCHEMA + 'feature { name: "more" type: INT }\n')
    assert fingerprint() != before


def test_a_comment_in_a_curated_schema_changes_nothing_and_a_value_does(fingerprint, tmp_path):
    curated = tmp_path / "pets.pbtxt"
    curated.write_text(SCHEMA)
    before = fingerprint("schema: pets.pbtxt\n")
    curated.write_text("# what pets are\n\n" + SCHEMA)
    assert fingerprint("schema: pets.pbtxt\n") == before
    curated.write_text(SCHEMA.replace("BYTES", "INT", 1))
    assert fingerprint("schema: pets.pbtxt\n") != before


@pytest.mark.parametrize(
    ("text", "words"),
    [("feature { nme: 1 }", "it is not a schema"), ("", "lacks the feature hash and label")],
)
def test_a_file_that_is_no_schema_is_said_with_its_name(fingerprint, tmp_path, text, words):
    (tmp_path / "pets.pbtxt").write_text(text)
    with pytest.raises(UsageError) as caught:
        fingerprint("schema: pets.pbtxt\n")
    assert words in caught.value.render()
    assert "pets.pbtxt" in caught.value.render()
