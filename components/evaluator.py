"""Evaluator: TFMA on the exported model with raw rows, next to the last graduate; its verdict says which bounds are kept."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, component_spec, standard_artifacts

from graduate import files, gating
from graduate.components import artifacts, evaluation_report
from graduate.components.last_graduate import is_none
from graduate.components.saved_model import saved_model_folder
from graduate.errors import DataError
from graduate.verdict import VerdictRecord

FORMAT = 1


class EvaluatorSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "rules": component_spec.ExecutionParameter(type=str),  # the name `evaluation` belongs to the output
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "baseline": component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS = {
        "evaluation": component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "verdict": component_spec.ChannelParameter(type=artifacts.Verdict),
    }


class EvaluatorExecutor(base_beam_executor.BaseBeamExecutor):
    """Writes TFMA's files and `metrics.json`, and judges by the bounds of the config."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        rules = json.loads(exec_properties["rules"])
        output = output_dict["evaluation"][0].uri
        pattern = split_files(input_dict["examples"], rules["split"])
        models = {"candidate": saved_model_folder(input_dict["model"][0])}
        for given in input_dict.get("baseline") or []:
            if not is_none(given):
                models["baseline"] = saved_model_folder(given)
        reports = self._evaluate(pattern, models, rules, output)
        if "candidate" not in reports:
            raise _empty(rules["split"])
        candidate, baseline = reports["candidate"], _baseline(reports)
        report = {"format": FORMAT, "split": rules["split"], **reports, "not_compared_because": baseline.why_not}
        files.write_json(evaluation_report.path(output), evaluation_report.plain(report))
        checks = gating.judge(_by_slice(candidate), baseline, rules["bounds"], rules["slices"])
        artifacts.write_verdict(output_dict["verdict"][0], VerdictRecord("Evaluator", tuple(checks)))

    def _evaluate(
        self, pattern: str, models: Mapping[str, str], rules: Mapping[str, Any], output: str
    ) -> dict[str, evaluation_report.Report]:
        from graduate.components import tfma_run

        classes = {name: read_classes(folder) for name, folder in models.items()}
        numbers = {name: len(known) for name, known in classes.items()}
        slice_by = list(dict.fromkeys(group["by"] for group in rules["slices"]))
        with self._make_beam_pipeline() as pipeline:
            tfma_run.run(pipeline, pattern, models, numbers, slice_by, output)
        return evaluation_report.read(output, classes)


def split_files(examples: Sequence[artifact.Artifact], split: str) -> str:
    """The pattern of a split's files.

    Raises:
        DataError: there is no such split.
    """
    [given] = examples
    if split in artifact_utils.decode_split_names(given.split_names):
        pattern = os.path.join(artifact_utils.get_split_uri(list(examples), split), "*")
        if glob.glob(pattern):
            return pattern
    raise _empty(split)


def read_classes(model: str) -> list[str]:
    """The classes of an exported model, in the order of its probabilities."""
    with open(os.path.join(model, "assets.extra", "graduate.json"), encoding="utf-8") as opened:
        return list(json.load(opened)["classes"])


def _empty(split: str) -> DataError:
    return DataError(
        f"the {split} split has no rows, so the model cannot be evaluated",
        where="Evaluator",
        hint=f"give data.split a larger share for {split}, or set evaluation.split to a split with rows",
    )


def _by_slice(report: evaluation_report.Report) -> dict[str, Mapping[str, Any]]:
    return {"": report["overall"], **report["slices"]}


def _baseline(reports: Mapping[str, evaluation_report.Report]) -> gating.Baseline:
    """What may be compared with: a loss over other classes is another quantity."""
    if "baseline" not in reports:
        return gating.Baseline.none()
    mine, last = set(reports["candidate"]["classes"]), set(reports["baseline"]["classes"])
    if mine != last:
        parts = [("it lacks", mine - last), ("it knows besides", last - mine)]
        differ = "; ".join(f"{words} {', '.join(sorted(names))}" for words, names in parts if names)
        return gating.Baseline.none(f"its classes differ ({differ})")
    return gating.Baseline(_by_slice(reports["baseline"]))


class Evaluator(base_beam_component.BaseBeamComponent):
    """Outputs `evaluation` (TFMA's files and `metrics.json`) and `verdict`.

    Args:
        examples: raw rows.
        model: the candidate.
        baseline: LastGraduate's model.
        evaluation: the config group `evaluation` as JSON.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(EvaluatorExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        baseline: channel.BaseChannel | None,
        evaluation: str,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline=baseline,
                rules=evaluation,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
                verdict=channel.Channel(type=artifacts.Verdict),
                obeys=obeys,
            )
        )
