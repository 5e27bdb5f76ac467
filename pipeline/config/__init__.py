"""The config of a pipeline: `load(path, overrides)` gives a PipelineConfig, or a UsageError with file, line and key."""

from graduate.pipeline.config.load import load
from graduate.pipeline.config.model import PipelineConfig

__all__ = ["PipelineConfig", "load"]
