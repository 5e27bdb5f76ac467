"""A config's JSON Schema, and a config written out again with every default."""

from __future__ import annotations

from typing import Any

import yaml

from graduate.pipeline.config.model import PipelineConfig

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a pipeline's config."""
    schema = PipelineConfig.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, "title": "Graduate pipeline config"} | {k: v for k, v in schema.items() if k != "title"}


def to_yaml(config: PipelineConfig) -> str:
    """The config as YAML, every default included, in the order of the model; loading it gives the same config."""
    return yaml.safe_dump(config.to_json(), sort_keys=False, allow_unicode=True, width=100)
