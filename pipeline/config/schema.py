"""A config's JSON Schema, and a config written out again with every default.

The published schema is made with `graduate config schema > schemas/formats/config.schema.json`; a test holds it fresh.
"""

from __future__ import annotations

from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema

from graduate.pipeline.config.model import PipelineConfig

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Keys have descriptions; titles made of their names would say them twice."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a pipeline's config."""
    schema = PipelineConfig.model_json_schema(by_alias=True, mode="validation", schema_generator=_Untitled)
    return {"$schema": DIALECT, "title": "Graduate pipeline config"} | {k: v for k, v in schema.items() if k != "title"}


def to_yaml(config: PipelineConfig) -> str:
    """The config as YAML, every default included, in the order of the model; loading it gives the same config."""
    return yaml.safe_dump(config.to_json(), sort_keys=False, allow_unicode=True, width=100)
