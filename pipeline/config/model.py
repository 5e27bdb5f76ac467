"""PipelineConfig: everything one run obeys, composed of the groups."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, model_validator

from graduate.pipeline.config import by_task
from graduate.pipeline.config.elsewhere import BeamConfig, KubeflowConfig
from graduate.pipeline.config.groups import (
    DataConfig,
    DiagnosticsConfig,
    EvaluationConfig,
    Group,
    LeakageConfig,
    ModelConfig,
    PushConfig,
    ServingConfig,
    Switch,
    TrainingConfig,
    TransformConfig,
    TuningConfig,
)


class PipelineConfig(Group):
    """One pipeline. Input paths are relative to `base_dir`, the folder of the config file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")] = Field(
        description="names the pipeline in the store: a small letter, then small letters, digits, - and _; 63 at most",
        examples=["digits"],
    )
    task: Literal["image", "text", "audio", "table"] = Field(default="image", description="what the rows are")
    data: DataConfig = Field(description="where the rows come from", examples=[{"images": "digits"}])
    schema_: str | None = Field(
        default=None,
        alias="schema",
        description="a curated schema.pbtxt; default: inferred once and kept in the work folder",
    )
    leakage: LeakageConfig = Field(
        default_factory=LeakageConfig, description="what the data guard does where rows of two splits give answers away"
    )
    transform: TransformConfig = Field(
        default_factory=TransformConfig, description="how a raw row becomes what the network sees"
    )
    model: ModelConfig = Field(default_factory=ModelConfig, description="the network")
    training: TrainingConfig = Field(description="how the network is trained", examples=[{"steps": 600}])
    preflight: Switch = Field(
        default=True, description="a few steps on one batch before the training: is this network trainable at all?"
    )
    tuning: TuningConfig | None = Field(
        default=None, description="a search for settings before the training; left out: they are as they stand here"
    )
    diagnostics: DiagnosticsConfig = Field(
        default_factory=DiagnosticsConfig, description="what is watched of a training, and what follows from it"
    )
    evaluation: EvaluationConfig = Field(
        description="what the model must reach to be pushed", examples=[{"bounds": {"accuracy": {"at_least": 0.9}}}]
    )
    serving: ServingConfig = Field(
        default_factory=ServingConfig, description="the check of the exported model in a clean process"
    )
    push: PushConfig = Field(default_factory=PushConfig, description="where graduates go")
    beam: BeamConfig | None = Field(
        default=None, description="which engine computes what Beam computes; left out: this machine. See docs/scale.md"
    )
    kubeflow: KubeflowConfig | None = Field(
        default=None, description="how the pipeline runs on Kubeflow; `graduate run` looks at none of it"
    )

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

    @property
    def user_modules(self) -> dict[str, Path]:
        """The user's own Python files, by the group that names them."""
        named = {group: getattr(self, group).module for group in ("transform", "model", "diagnostics", "evaluation")}
        return {group: self.input_path(module) for group, module in named.items() if module is not None}

    def to_json(self) -> dict:
        """The resolved config, every default included that its task obeys, as plain JSON values."""
        values = self.model_dump(mode="json", by_alias=True)
        obeyed = by_task.TRANSFORM[self.task]
        values["transform"] = {key: value for key, value in values["transform"].items() if key in obeyed}
        for group in ("tuning", "beam", "kubeflow"):  # as it was before there were these: nothing runs again for them
            if values[group] is None:
                del values[group]
        return values

    @model_validator(mode="after")
    def _default_builder(self) -> PipelineConfig:
        """Which network is built where the config names none is the task's affair."""
        if "build" not in self.model.model_fields_set:
            chosen = self.model.model_copy(update={"build": by_task.DEFAULT_BUILDERS[self.task]})
            self.__dict__["model"] = chosen  # frozen, and not used yet by anybody
        return self
