"""From a YAML file and `--set` overrides to a PipelineConfig."""

from __future__ import annotations

import os
from collections.abc import Sequence

import yaml

from graduate.pipeline.config.model import PipelineConfig


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> PipelineConfig:
    """Read a config."""
    with open(path, encoding="utf-8") as opened:
        values = yaml.safe_load(opened)
    for override in overrides:
        key, _, text = override.partition("=")
        *groups, last = key.split(".")
        group = values
        for name in groups:
            group = group.setdefault(name, {})
        group[last] = yaml.safe_load(text)
    return PipelineConfig.model_validate(values).located(path)
