"""GradientDiagnostics: the trace of a training in, its findings and a verdict out.

A sick training is a successful execution whose verdict refuses, so that its evidence stays in the store. The verdict's
custom properties are what lineage can ask for: `reason`, `faults`, `worst`, `cures`, `cured`, `cured_faults`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files, own_rules
from graduate.components import artifacts
from graduate.components.training_checks import cures, judge
from graduate.diagnose import diagnose
from graduate.findings import Diagnosis, Finding
from graduate.page import report
from graduate.trace import Event, Trace, open_trace
from graduate.verdict import VerdictRecord

TRACE = "trace"  # the folder in a model_run


class GradientDiagnosticsSpec(component_spec.ComponentSpec):
    PARAMETERS = {
        "diagnostics": component_spec.ExecutionParameter(type=str),
        "obeys": component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {"model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun)}
    OUTPUTS = {
        "findings": component_spec.ChannelParameter(type=artifacts.Findings),
        "verdict": component_spec.ChannelParameter(type=artifacts.Verdict),
    }


class GradientDiagnosticsExecutor(base_executor.BaseExecutor):
    """Reads the trace, asks the rules, writes findings, page and verdict."""

    def Do(
        self,
        input_dict: dict[str, list[artifact.Artifact]],
        output_dict: dict[str, list[artifact.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        settings = json.loads(exec_properties["diagnostics"])
        trace = open_trace(os.path.join(input_dict["model_run"][0].uri, TRACE))
        rules = own_rules.beside_ours(settings.get("module"))
        diagnosis = diagnose(trace, rules=rules, overrides=settings["rules"], ignore=settings["ignore"])
        record = judge(diagnosis, trace.events, settings["refuse_on"])
        [findings], [decided] = output_dict["findings"], output_dict["verdict"]
        _write_findings(findings, diagnosis, trace, settings.get("name", "training"))
        artifacts.write_verdict(decided, record)
        _describe(decided, record, diagnosis, cures(trace.events))


def _write_findings(out: artifact.Artifact, diagnosis: Diagnosis, trace: Trace, name: str) -> None:
    out.verdict = diagnosis.verdict
    out.worst = _worst(diagnosis)
    out.number = len(_left(diagnosis))
    files.write_json(os.path.join(out.uri, "findings.json"), diagnosis.to_json())
    report.write(os.path.join(out.uri, "report.html"), [report.View(name, trace, diagnosis)], title=f"{name}: training")


def _describe(out: artifact.Artifact, record: VerdictRecord, diagnosis: Diagnosis, applied: Sequence[Event]) -> None:
    """What one asks ML Metadata for, beside `passed` and `reasons`."""
    told: Mapping[str, str] = {
        "reason": record.reasons[0],
        "faults": ",".join(sorted({one.fault for one in _left(diagnosis)})),
        "cured_faults": ",".join(sorted({one.fault for one in diagnosis.findings if one.cured_at is not None})),
        "worst": _worst(diagnosis),
        "cures": ",".join(str(event.detail.get("remedy")) for event in applied),
    }
    for name, value in told.items():
        out.set_string_custom_property(name, value)
    out.set_int_custom_property("cured", len(applied))


def _worst(diagnosis: Diagnosis) -> str:
    severities = [finding.severity for finding in _left(diagnosis)]
    return max(severities).label if severities else ""


def _left(diagnosis: Diagnosis) -> list[Finding]:
    """The root findings that no remedy has cured."""
    return [finding for finding in diagnosis.roots if finding.cured_at is None]


class GradientDiagnostics(base_component.BaseComponent):
    """Outputs `findings` and `verdict`.

    Args:
        model_run: of the Trainer; the trace lies in it.
        diagnostics: JSON object: `rules`, `ignore`, `refuse_on` of the config's group; `module`, the absolute path of
            the user's rules, or None; and `name`, of the pipeline.
        obeys: what this node obeys, for its cache key.
    """

    SPEC_CLASS = GradientDiagnosticsSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(GradientDiagnosticsExecutor)

    def __init__(self, model_run: channel.BaseChannel, diagnostics: str, obeys: str | None = None) -> None:
        super().__init__(
            GradientDiagnosticsSpec(
                model_run=model_run,
                diagnostics=diagnostics,
                findings=channel.Channel(type=artifacts.Findings),
                verdict=channel.Channel(type=artifacts.Verdict),
                obeys=obeys,
            )
        )
