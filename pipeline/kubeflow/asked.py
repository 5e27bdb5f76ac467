"""What a config says of its run on Kubeflow, read without importing anything heavy."""

from __future__ import annotations

from graduate.pipeline.config import by_task
from graduate.pipeline.config.model import PipelineConfig

START = "Start"  # the task that finds out what a laptop knows before the DAG is built
DATA = "Data"  # the importer of what lies in an object store
DATA_KEY = "data"


def push_to(config: PipelineConfig) -> str:
    """The folder of pushed versions."""
    assert config.kubeflow is not None
    return config.kubeflow.push_to or f"/models/{config.name}"


def source_of(config: PipelineConfig) -> tuple[str, str]:
    """The key of the group `data` that names the rows, and what it names."""
    return next((key, str(value)) for key in by_task.SOURCES if (value := getattr(config.data, key)) is not None)
