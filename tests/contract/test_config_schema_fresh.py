"""The published JSON Schema and the reference of the keys are what the code says."""

import json
from pathlib import Path

from graduate.pipeline.config.reference import markdown
from graduate.pipeline.config.schema import json_schema

FILE = Path(__file__).resolve().parents[2] / "schemas/formats/config.schema.json"


def test_the_published_schema_of_a_config_is_fresh():
    made = json.loads(json.dumps(json_schema()))
    command = "graduate config schema > schemas/formats/config.schema.json"
    assert json.loads(FILE.read_text(encoding="utf-8")) == made, f"make it again: {command}"


def test_the_reference_of_the_keys_is_fresh():
    page = (FILE.parents[2] / "docs/config.md").read_text(encoding="utf-8")
    assert page == markdown(), "make it again: python -m graduate.pipeline.config.reference > docs/config.md"
