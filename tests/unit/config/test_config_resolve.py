"""A config written out again, and its JSON Schema."""

import os
from pathlib import Path

from graduate.pipeline.config import load
from graduate.pipeline.config.schema import json_schema, to_yaml

ROOT = Path(__file__).resolve().parents[3]


def test_a_resolved_config_resolves_to_itself(tmp_path):
    config = load(ROOT / "examples/digits.yaml", ["schema=", "training.learning_rate={peak: 1e-5, warmup_steps: 3}"])
    text = to_yaml(config)
    (tmp_path / "a.yaml").write_text(text)
    again = load(tmp_path / "a.yaml")
    assert again.to_json() == config.to_json()
    assert to_yaml(again) == text


def test_a_resolved_config_holds_every_key_in_the_order_of_the_model(tmp_path):
    lines = to_yaml(load(ROOT / "examples/digits.yaml")).splitlines()
    groups = [line.partition(":")[0] for line in lines if not line.startswith((" ", "-"))]
    expected = ["name", "task", "data", "schema", "leakage", "transform", "model", "training"]
    expected += ["preflight", "diagnostics", "evaluation", "serving", "push"]
    assert groups == expected
    assert "  accumulate: 1" in lines


def test_input_paths_are_relative_to_the_file_wherever_the_command_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load(os.path.relpath(ROOT / "examples/digits.yaml"))
    assert config.input_path("../schemas/x") == ROOT / "schemas/x"
    assert config.input_path("/tmp/x") == Path("/tmp/x")


def test_the_schema_describes_every_key():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for group in [schema, *schema["$defs"].values()]:
        assert group["description"]
        assert group["additionalProperties"] is False
        for key, value in group["properties"].items():
            assert value.get("description"), key
