"""Evaluator: the exported model on raw rows through TFMA, judged against bounds and against the last graduate.

Unlike TFX's it writes no blessing: that is the Gate's, which hears this verdict among others.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_beam_component, base_beam_executor, executor_spec
from tfx.types import artifact, artifact_utils, channel, component_spec, standard_artifacts

from graduate import files, gating
from graduate.components import artifacts, measured, user_metrics
from graduate.components.evaluated_rows import BASELINE, CANDIDATE, Model, classes_of, files_of
from graduate.components.last_graduate import is_none
from graduate.components.measured import Measured
from graduate.components.saved_model import saved_model_folder
from graduate.errors import DataError, UserError
from graduate.verdict import VerdictRecord


class EvaluatorSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "rules": component_spec.ExecutionParameter(type=str),  # a parameter may not have an output's name
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
    """Runs TFMA, writes its files and `metrics.json`, and judges."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `evaluation` and `verdict`.

        Raises:
            DataError: the split that is to be judged has no row.
        """
        asked = json.loads(exec_properties["rules"])
        [evaluation] = output_dict["evaluation"]
        rows = _files(input_dict["examples"], asked["split"])
        candidate = Model(CANDIDATE, saved_model_folder(input_dict["model"][0]))
        classes = classes_of(candidate.folder)
        baseline, why_not = _baseline(input_dict.get("baseline") or [], classes)
        target = asked.get("target", "class")
        slice_by = list(dict.fromkeys(group["by"] for group in asked.get("slices") or []))
        own = user_metrics.asked_for(asked)
        try:
            self._measure(rows, [candidate, *baseline], slice_by, evaluation.uri, target, own)
        except Exception as error:
            if not baseline:
                raise
            # Whether it is the last graduate that cannot be evaluated: if not, the second time raises the same.
            why_not = f"it cannot be evaluated ({_first_line(error)})"
            self._measure(rows, [candidate], slice_by, evaluation.uri, target, own)
        found = measured.read(evaluation.uri, classes)
        if not found[CANDIDATE].metrics.get("", {}).get("examples"):
            raise _empty(asked["split"])
        last = found.get(BASELINE)
        before = gating.Baseline.none(why_not) if last is None else gating.Baseline(last.metrics)
        checks = gating.judge(found[CANDIDATE].metrics, before, _bounds(asked), asked.get("slices") or [])
        files.write_json(os.path.join(evaluation.uri, "metrics.json"), _metrics(found, asked["split"], why_not))
        artifacts.write_verdict(output_dict["verdict"][0], VerdictRecord("Evaluator", tuple(checks)))

    def _measure(
        self,
        rows: Sequence[str],
        models: Sequence[Model],
        slice_by: Sequence[str],
        output: str,
        target: str,
        own: tuple[str, list[str]] | None,
    ) -> None:
        from graduate.components import tfma_run

        with self._make_beam_pipeline() as pipeline:
            tfma_run.add(pipeline, rows, models, slice_by, output, target, own)


def _baseline(given: Sequence[artifact.Artifact], classes: Sequence[str] | None) -> tuple[list[Model], str]:
    """The last graduate if it can be compared with, and why not otherwise."""
    if not given or is_none(given[0]):
        return [], "no model has been pushed before"
    try:
        folder = saved_model_folder(given[0])
    except UserError as error:
        return [], error.message
    before = classes_of(folder)
    if before is None or classes is None:
        return [], "its class names are not known"
    if sorted(before) != sorted(classes):
        return [], f"it knows other classes ({_difference(before, classes)})"
    order = () if list(before) == list(classes) else tuple(before.index(name) for name in classes)
    return [Model(BASELINE, folder, order)], ""


def _difference(before: Sequence[str], now: Sequence[str]) -> str:
    new, gone = sorted(set(now) - set(before)), sorted(set(before) - set(now))
    words = [f"{word} {', '.join(names[:5])}" for word, names in (("without", new), ("with", gone)) if names]
    return " and ".join(words)


def _files(examples: list[artifact.Artifact], split: str) -> list[str]:
    if split not in artifact_utils.decode_split_names(examples[0].split_names):
        raise _empty(split)
    rows = files_of(artifact_utils.get_split_uri(examples, split))
    if not rows:
        raise _empty(split)
    return rows


def _empty(split: str) -> DataError:
    return DataError(
        f"the {split} split has no rows, so there is nothing to judge the model by",
        where="Evaluator",
        hint="give the split a share in data.split, or set evaluation.split to another one",
    )


def _bounds(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: bound for name, bound in (asked.get("bounds") or {}).items() if bound}


def _metrics(found: Mapping[str, Measured], split: str, why_not: str) -> dict[str, Any]:
    candidate, last = found[CANDIDATE].to_json(), found.get(BASELINE)
    baseline = {"none": why_not} if last is None else last.to_json()
    return _finite({"split": split, **candidate, "baseline": baseline})


def _finite(value: Any) -> Any:
    """JSON has no NaN: what is no number is null."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


class Evaluator(base_beam_component.BaseBeamComponent):
    """Outputs `evaluation` (TFMA's files, `metrics.json`) and `verdict`.

    Args:
        examples: raw rows.
        model: the candidate; its signatures `evaluate` and `labels` take serialised rows.
        baseline: the last graduate; an artifact marked `none` stands for no such model.
        evaluation: the config's `evaluation` group as JSON: split, bounds, slices (each with its bounds side by side),
            `module`, the absolute path of the user's metrics, or None; and `target`, what a label is.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(EvaluatorExecutor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        evaluation: str,
        baseline: channel.BaseChannel | None = None,
        obeys: str | None = None,
    ) -> None:
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline=baseline,
                rules=evaluation,
                obeys=obeys,
                evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
                verdict=channel.Channel(type=artifacts.Verdict),
            )
        )
