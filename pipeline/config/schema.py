"""A config's JSON Schema, and a config written out again with every default.

The published schema is made with `graduate config schema > schemas/formats/config.schema.json`; a test holds it fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import yaml
from pydantic.json_schema import GenerateJsonSchema

from graduate.pipeline.config import source
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
    return written(config.to_json())


def written(values: Mapping[str, Any]) -> str:
    """Values as YAML that a config reads as the same values."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Quotes what a config would read as something else than text: `1e-3` too, which YAML 1.1 takes for text."""

    yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]
        first: [
            *yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()),
            *source._Loader.yaml_implicit_resolvers.get(first, ()),
        ]
        for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *source._Loader.yaml_implicit_resolvers}
    }
