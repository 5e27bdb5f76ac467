"""PipelineConfig: everything one run obeys, composed of the groups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from graduate.pipeline.config.groups import (
    DataConfig,
    EvaluationConfig,
    Group,
    ModelConfig,
    PushConfig,
    ServingConfig,
    TrainingConfig,
    TransformConfig,
)


class PipelineConfig(Group):
    """One pipeline. Input paths are relative to `base_dir`, the folder of the config file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="names the pipeline in the store")]
    task: Literal["image"] = Field("image", description="what the rows are")
    data: DataConfig
    schema_: str | None = Field(
        None, alias="schema", description="a curated schema.pbtxt; default: inferred once and kept"
    )
    transform: TransformConfig = TransformConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig
    evaluation: EvaluationConfig
    serving: ServingConfig = ServingConfig()
    push: PushConfig = PushConfig()

    _base_dir: Path = PrivateAttr(default_factory=Path.cwd)
    _source: str = PrivateAttr(default="<config>")

    def located(self, source: str | os.PathLike[str]) -> PipelineConfig:
        """Remember the file that this config came from; input paths are relative to its folder."""
        self._source = os.fspath(source)
        self._base_dir = Path(source).resolve().parent
        return self

    @property
    def source(self) -> str:
        return self._source

    @property
    def base_dir(self) -> Path:
        return self._base_dir

    def input_path(self, path: str) -> Path:
        """An input path of this config as an absolute one."""
        return Path(os.path.abspath(self._base_dir / Path(path).expanduser()))

    def to_json(self) -> dict:
        """The resolved config, every default included, as plain JSON values."""
        return self.model_dump(mode="json", by_alias=True)
