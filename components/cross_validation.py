"""CrossValidation: how much the one number depends on which rows were held out. It costs a training a fold.

Its result stands beside the evaluation, in the run's metrics and in the model card; no bound judges it.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components import artifacts, dotted
from graduate.tuning.settings import tuned

RESULT = "folds.json"


class CrossValidationSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "folds": component_spec.ExecutionParameter(type=int),
        "measure": component_spec.ExecutionParameter(type=str),
        "config": component_spec.ExecutionParameter(type=str),
        "base_dir": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
        "manifest": component_spec.ChannelParameter(type=artifacts.Manifest),
        "hyperparameters": component_spec.ChannelParameter(type=standard_artifacts.HyperParameters, optional=True),
    }
    OUTPUTS = {"cross_validation": component_spec.ChannelParameter(type=artifacts.CrossValidation)}


class CrossValidationExecutor(base_executor.BaseExecutor):
    """Writes `folds.json`: what was measured of every fold, mean and spread."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [examples], [graph], [manifest] = (input_dict[name] for name in ("examples", "transform_graph", "manifest"))
        measure = dotted.function(exec_properties["measure"])
        measured = measure(
            examples.uri,
            graph.uri,
            os.path.join(manifest.uri, "manifest.jsonl"),
            tuned(json.loads(exec_properties["config"]), _best(input_dict.get("hyperparameters") or [])),
            exec_properties["base_dir"],
            exec_properties["folds"],
        )
        [out] = output_dict["cross_validation"]
        out.folds = len(measured)
        files.write_json(os.path.join(out.uri, RESULT), summary(measured))


def _best(given: Sequence[artifact.Artifact]) -> dict[str, Any] | None:
    """The settings that a Tuner found, where there was one."""
    if not given:
        return None
    [name] = os.listdir(given[0].uri)
    with open(os.path.join(given[0].uri, name), encoding="utf-8") as opened:
        return dict(json.load(opened))


def summary(measured: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Every fold, and of each metric mean and spread (the standard deviation of the folds, n - 1)."""
    metrics = [name for name in measured[0] if name != "rows"]
    values = {name: [float(fold[name]) for fold in measured] for name in metrics}
    return {
        "folds": [dict(fold) for fold in measured],
        "mean": {name: statistics.fmean(found) for name, found in values.items()},
        "spread": {name: statistics.stdev(found) for name, found in values.items()},
    }


class CrossValidation(base_component.BaseComponent):
    """Outputs `cross_validation`.

    Args:
        examples: transformed; train and eval are cut into folds, test stays apart.
        transform_graph: of Transform.
        manifest: of ExampleGen, for the groups that stay together.
        folds: how many.
        measure: dotted name of f(uri of examples, uri of the graph, manifest file, config, base_dir, folds) -> what
            was measured of each fold: {"rows": held out, metric: value}.
        config: JSON object for it.
        base_dir: folder of the config.
        hyperparameters: of a Tuner: settings that take the place of the config's.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = CrossValidationSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(CrossValidationExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        transform_graph: channel.BaseChannel,
        manifest: channel.BaseChannel,
        folds: int,
        measure: str,
        config: str,
        base_dir: str,
        hyperparameters: channel.BaseChannel | None = None,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            CrossValidationSpec(
                examples=examples,
                transform_graph=transform_graph,
                manifest=manifest,
                folds=folds,
                measure=measure,
                config=config,
                base_dir=base_dir,
                hyperparameters=hyperparameters,
                cross_validation=channel.Channel(type=artifacts.CrossValidation),
                obeys=obeys,
            )
        )
