"""Gate: every verdict of the run in, one blessing out.

Nothing else writes a ModelBlessing, so that a refused model never becomes the one that others are compared with.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components import artifacts
from graduate.verdict import Check, VerdictRecord

# The verdicts a gate may hear, in the order a row passes them. A node that is switched off gives none.
SOURCES = ("data_guard", "preflight", "tuner", "diagnostics", "evaluator", "serving_check")


def verdict_inputs() -> dict[str, component_spec.ChannelParameter]:
    """An optional input for each of SOURCES."""
    return {name: component_spec.ChannelParameter(type=artifacts.Verdict, optional=True) for name in SOURCES}


def read_verdicts(input_dict: Mapping[str, list[artifact.Artifact]]) -> list[VerdictRecord]:
    """The verdicts among a node's inputs, in the order of SOURCES."""
    return [artifacts.read_verdict(given) for name in SOURCES for given in input_dict.get(name) or []]


def decide(verdicts: list[VerdictRecord]) -> VerdictRecord:
    """One check a verdict; a model that nothing has evaluated does not pass."""
    checks = [
        Check(
            record.source, record.passed, f"{record.source} {'passed' if record.passed else 'refused'}: {_why(record)}"
        )
        for record in verdicts
    ]
    if not any(record.source == "Evaluator" for record in verdicts):
        checks.append(Check("Evaluator", False, "No evaluation judged this model."))
    return VerdictRecord("Gate", tuple(checks))


def _why(record: VerdictRecord) -> str:
    if record.passed:
        number = len(record.checks)
        return f"{number} check{'' if number == 1 else 's'}." if number else "nothing to object to."
    return " ".join(record.reasons)


class GateSpec(component_spec.ComponentSpec):
    PARAMETERS = {"obeys": component_spec.ExecutionParameter(type=str, optional=True)}
    INPUTS = {"model": component_spec.ChannelParameter(type=standard_artifacts.Model), **verdict_inputs()}
    OUTPUTS = {
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        "verdict": component_spec.ChannelParameter(type=artifacts.Verdict),
    }


class GateExecutor(base_executor.BaseExecutor):
    """Blesses when every verdict passed. The blessing has TFX's own properties, so TFX's readers understand it."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        [model] = input_dict["model"]
        record = decide(read_verdicts(input_dict))
        [blessing] = output_dict["blessing"]
        blessing.set_string_custom_property("current_model", model.uri)
        blessing.set_int_custom_property("current_model_id", model.id)
        blessing.set_int_custom_property("blessed", int(record.passed))
        files.write_text(os.path.join(blessing.uri, "BLESSED" if record.passed else "NOT_BLESSED"), "")
        artifacts.write_verdict(output_dict["verdict"][0], record)


class Gate(base_component.BaseComponent):
    """Outputs `blessing` and `verdict`.

    Args:
        model: the candidate.
        verdicts: name of SOURCES -> channel of a Verdict; whatever node is off is left out.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = GateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(GateExecutor)

    def __init__(
        self, model: channel.BaseChannel, verdicts: Mapping[str, channel.BaseChannel], obeys: str | None = None
    ) -> None:
        blessing = channel.Channel(type=standard_artifacts.ModelBlessing)
        verdict = channel.Channel(type=artifacts.Verdict)
        super().__init__(GateSpec(model=model, **verdicts, blessing=blessing, verdict=verdict, obeys=obeys))
