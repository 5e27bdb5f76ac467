"""Preflight: before a training that takes hours, seconds on a few batches: is this network trainable at all?

A network that cannot be trained is a successful execution whose verdict refuses; the run is sick before it began.
"""

from __future__ import annotations

import json
import os
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components import artifacts, dotted
from graduate.verdict import VerdictRecord


class PreflightSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "subject": component_spec.ExecutionParameter(type=str),
        "config": component_spec.ExecutionParameter(type=str),
        "base_dir": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS = {"verdict": component_spec.ChannelParameter(type=artifacts.Verdict)}


class PreflightExecutor(base_executor.BaseExecutor):
    """Writes the verdict, and beside it `preflight.json`: the range test, the batch that was fitted, every gradient."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        import keras

        from graduate.preflight import preflight

        [examples], [graph] = input_dict["examples"], input_dict["transform_graph"]
        subject = dotted.function(exec_properties["subject"])
        given = subject(examples.uri, graph.uri, json.loads(exec_properties["config"]), exec_properties["base_dir"])
        found = preflight(**given)
        keras.utils.clear_session()  # Keras numbers layers by name in a process: the training's shall begin anew
        [verdict] = output_dict["verdict"]
        artifacts.write_verdict(verdict, VerdictRecord("Preflight", found.checks))
        files.write_json(os.path.join(verdict.uri, "preflight.json"), found.to_json())
        verdict.set_string_custom_property("faults", ",".join(sorted({one.fault for one in found.findings})))
        if found.proposed_rate is not None:
            verdict.set_float_custom_property("proposed_rate", found.proposed_rate)


class Preflight(base_component.BaseComponent):
    """Outputs `verdict`.

    Args:
        examples: transformed; the training split is looked at.
        transform_graph: of Transform.
        subject: dotted name of f(uri of examples, uri of the graph, config, base_dir) -> the arguments of
            `graduate.preflight.preflight`.
        config: JSON object for it.
        base_dir: folder of the config.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = PreflightSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(PreflightExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        transform_graph: channel.BaseChannel,
        subject: str,
        config: str,
        base_dir: str,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            PreflightSpec(
                examples=examples,
                transform_graph=transform_graph,
                subject=subject,
                config=config,
                base_dir=base_dir,
                verdict=channel.Channel(type=artifacts.Verdict),
                obeys=obeys,
            )
        )
