"""Tuner: which settings are trained: trials that a search proposes, those that are sick stopped and never taken.

Its `best_hyperparameters` is what TFX's own Tuner gives: KerasTuner's JSON, for the Trainer or any other reader. Where
nothing can be taken, that is a successful execution whose verdict refuses: the run is sick before its training began.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components import artifacts, dotted
from graduate.tuning import page, trials
from graduate.tuning.settings import chosen, shown, told
from graduate.verdict import Check, VerdictRecord

BEST = "best_hyperparameters.txt"  # the name that TFX's Tuner gives it
TRIALS, PAGE = "trials.json", "report.html"


class TunerSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "search": component_spec.ExecutionParameter(type=str),
        "config": component_spec.ExecutionParameter(type=str),
        "space": component_spec.ExecutionParameter(type=str),
        "base_dir": component_spec.ExecutionParameter(type=str),
        "memory": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS = {
        "best_hyperparameters": component_spec.ChannelParameter(type=standard_artifacts.HyperParameters),
        "trials": component_spec.ChannelParameter(type=artifacts.Trials),
        "verdict": component_spec.ChannelParameter(type=artifacts.Verdict),
    }


class TunerExecutor(base_executor.BaseExecutor):
    """Writes the best settings, all trials with a page, and the verdict."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [examples], [graph] = input_dict["examples"], input_dict["transform_graph"]
        search = dotted.function(exec_properties["search"])
        found = search(
            examples.uri,
            graph.uri,
            json.loads(exec_properties["config"]),
            json.loads(exec_properties["space"]),
            exec_properties["base_dir"],
            exec_properties["memory"],
        )
        _write_best(output_dict["best_hyperparameters"][0], found)
        _write_trials(output_dict["trials"][0], found)
        artifacts.write_verdict(output_dict["verdict"][0], verdict(found))


def verdict(found: Mapping[str, Any]) -> VerdictRecord:
    """Whether there are settings to train with.

    Args:
        found: `trials`, `metric`, `space`, `best` (see `graduate.pipeline.tuning.search`).
    """
    tried = [trials.Trial.from_json(one) for one in found["trials"]]
    metric = found["metric"]
    best = trials.best(tried, metric)
    warns = best is not None and any(trial.status != "finished" for trial in tried)
    score = best.score(metric) if best is not None else None
    return VerdictRecord(
        "Tuner", (Check("trials", best is not None, trials.sentence(tried, metric), score, warns=warns),)
    )


def _write_best(out: artifact.Artifact, found: Mapping[str, Any]) -> None:
    """KerasTuner's JSON; each chosen value is a property too, so that lineage answers without the file."""
    files.write_text(os.path.join(out.uri, BEST), json.dumps(found["best"], sort_keys=True))
    settings = chosen(found["best"])
    for key, value in settings.items():
        if isinstance(value, int) and not isinstance(value, bool):
            out.set_int_custom_property(key, value)
        elif isinstance(value, float):
            out.set_float_custom_property(key, value)
        else:
            out.set_string_custom_property(key, shown(value))
    out.set_string_custom_property("chosen", told(settings))


def _write_trials(out: artifact.Artifact, found: Mapping[str, Any]) -> None:
    tried = [trials.Trial.from_json(one) for one in found["trials"]]
    out.number, out.metric = len(tried), found["metric"]
    out.sick = sum(trial.status == "sick" for trial in tried)
    best = trials.best(tried, found["metric"])
    if best is not None:
        out.set_int_custom_property("best", best.number)
        out.set_float_custom_property(found["metric"], best.metrics[found["metric"]])
    files.write_json(os.path.join(out.uri, TRIALS), found)
    files.write_text(os.path.join(out.uri, PAGE), page.render(found))


class Tuner(base_component.BaseComponent):
    """Outputs `best_hyperparameters`, `trials` and `verdict`.

    Args:
        examples: transformed; trials are trained on train and compared on eval.
        transform_graph: of Transform.
        search: dotted name of f(uri of examples, uri of the graph, config, space, base_dir, memory) -> what was found.
        config: JSON object for it.
        space: JSON list of its dimensions.
        base_dir: folder of the config.
        memory: folder where trials that ended are remembered, for a search that goes on.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = TunerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(TunerExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        transform_graph: channel.BaseChannel,
        search: str,
        config: str,
        space: str,
        base_dir: str,
        memory: str,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            TunerSpec(
                examples=examples,
                transform_graph=transform_graph,
                search=search,
                config=config,
                space=space,
                base_dir=base_dir,
                memory=memory,
                best_hyperparameters=channel.Channel(type=standard_artifacts.HyperParameters),
                trials=channel.Channel(type=artifacts.Trials),
                verdict=channel.Channel(type=artifacts.Verdict),
                obeys=obeys,
            )
        )
