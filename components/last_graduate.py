"""LastGraduate: the model that serves now, as an ordinary artifact, so that the Evaluator can compare with it.

TFX's resolver cannot run on Kubeflow and would ask for the last blessing, not for what serves. So the version that
serves is read before the DAG is built; as an execution property it is part of the cache key.
"""

from __future__ import annotations

import os
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate.errors import UserError

NONE = "none"  # int custom property: 1 where nothing has been pushed yet


def is_none(model: artifact.Artifact) -> bool:
    """Whether this artifact stands for "no model has been pushed yet"."""
    return model.get_int_custom_property(NONE) == 1


class LastGraduateSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "serving_version": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"model": component_spec.ChannelParameter(type=standard_artifacts.Model)}


class LastGraduateExecutor(base_executor.BaseExecutor):
    """Points the output at the version folder; copies nothing."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [model] = output_dict["model"]
        folder = exec_properties["serving_version"]
        model.set_int_custom_property(NONE, int(not folder))
        if not folder:
            return
        if not os.path.isfile(os.path.join(folder, "saved_model.pb")):
            raise UserError(
                f"the version that served has gone: {folder} holds no saved_model.pb", hint="run the same command again"
            )
        model.uri = folder
        model.set_string_custom_property("pushed_version", os.path.basename(folder))


class LastGraduate(base_component.BaseComponent):
    """Outputs `model`: the version that serves, or an artifact marked `none`.

    Args:
        serving_version: absolute folder of that version, or "".
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = LastGraduateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(LastGraduateExecutor)

    def __init__(self, serving_version: str, obeys: str | None = None) -> None:
        model = channel.Channel(type=standard_artifacts.Model)
        super().__init__(LastGraduateSpec(serving_version=serving_version, obeys=obeys, model=model))
