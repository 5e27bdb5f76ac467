"""GradientDiagnostics: the trace of a training in, its findings and a verdict out.

A sick training is a successful execution whose verdict refuses, so that its evidence stays in the store. The verdict's
custom properties are what lineage can ask for: `reason`, `faults`, `worst`, `cures`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact, channel, component_spec, standard_artifacts

from graduate import files
from graduate.components import artifacts
from graduate.diagnose import diagnose
from graduate.findings import Diagnosis, Finding, Severity
from graduate.page import report
from graduate.trace import Event, Trace, open_trace
from graduate.verdict import Check, VerdictRecord, verdict

TRACE = "trace"  # the folder in a model_run
# A slow training costs time and not the model's worth: it is told, and never refused.
SLOW = frozenset({"input-bound", "slow-training"})
_EVIDENCE, _REMEDIES = 2, 3  # of a finding, in its sentence


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
        diagnosis = diagnose(trace, overrides=settings["rules"], ignore=settings["ignore"])
        record = judge(diagnosis, trace.events, settings["refuse_on"])
        [findings], [decided] = output_dict["findings"], output_dict["verdict"]
        _write_findings(findings, diagnosis, trace, settings.get("name", "training"))
        artifacts.write_verdict(decided, record)
        _describe(decided, record, diagnosis, cures(trace.events))


def judge(diagnosis: Diagnosis, events: Iterable[Event], refuse_on: str) -> VerdictRecord:
    """The verdict on a training: a check for every root finding, cure and stop.

    Args:
        diagnosis: of the whole training.
        events: of its trace.
        refuse_on: `never`, or the label of the least severity that refuses.
    """
    happened = list(events)
    checks = [
        *_stopped(happened),
        *(_check(finding, diagnosis.findings, refuse_on) for finding in diagnosis.roots),
        *_cured(happened),
    ]
    checks += _looked(diagnosis, not checks)
    return verdict("GradientDiagnostics", sorted(checks, key=lambda check: check.passed))


def cures(events: Iterable[Event]) -> list[Event]:
    """The remedies that were applied during the training."""
    return [event for event in events if event.kind == "remedy"]


def _check(finding: Finding, all_findings: Sequence[Finding], refuse_on: str) -> Check:
    severe = refuse_on != "never" and finding.severity >= Severity.of(refuse_on)
    passed = not severe or finding.cured_at is not None or finding.fault in SLOW
    warns = passed and finding.severity > Severity.NOTE
    return Check(finding.fault, passed, sentence(finding, all_findings), warns=warns)


def sentence(finding: Finding, all_findings: Sequence[Finding] = ()) -> str:
    """A finding as text: how bad, what, where, why one believes it, what it led to, what to try."""
    at = f" in {_some(finding.layers)}" if finding.layers else ""
    first, last = finding.steps
    when = f", step {first}" if first == last else f", steps {first} to {last}"
    parts = [f"{finding.fault} ({finding.severity.label}){at}{when if last else ''}: {finding.meaning}"]
    seen = [one.sentence.rstrip(".") for one in finding.evidence if one.sentence][:_EVIDENCE]
    parts += [f"Seen: {'; '.join(seen)}."] if seen else []
    led = [one.fault for one in all_findings if one.caused_by == finding.fault]
    parts += [f"It explains {_some(led)}."] if led else []
    parts += [f"Cured after step {finding.cured_at}."] if finding.cured_at is not None else []
    if finding.remedies and finding.cured_at is None:
        parts.append(f"Try: {', '.join(finding.remedies[:_REMEDIES])} (graduate explain {finding.fault}).")
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _stopped(events: Iterable[Event]) -> Iterator[Check]:
    for event in events:
        if event.kind == "stop":
            fault = str(event.detail.get("fault") or "sick")
            why = event.detail.get("reason") or event.detail.get("sentence") or fault
            yield Check(
                "stopped", False, f"The training was stopped as sick after step {event.step}: {why}".rstrip(".") + "."
            )


def _cured(events: Iterable[Event]) -> Iterator[Check]:
    for event in cures(events):
        remedy, fault = event.detail.get("remedy"), event.detail.get("fault")
        told = event.detail.get("sentence") or remedy
        yield Check("cure", True, f"After step {event.step} a remedy was applied to {fault}: {told}.", warns=True)


def _looked(diagnosis: Diagnosis, clean: bool) -> Iterator[Check]:
    """What was looked at, and what could not be: nothing found is not the same as nothing seen."""
    ran, skipped = len(diagnosis.ran), len(diagnosis.skipped)
    if not ran:
        yield Check(
            "rules", True, "No rule could look at this training: its trace has nothing that one needs.", warns=True
        )
    elif clean:
        left = f"; {skipped} could not look: {_some(sorted(diagnosis.skipped))}" if skipped else ""
        yield Check("rules", True, f"{ran} rules looked and found nothing{left}.", value=0, bound=0)
    for fault, why in diagnosis.errors.items():
        yield Check("rules", True, f"The rule for {fault} failed and says nothing: {why}.", warns=True)


def _write_findings(out: artifact.Artifact, diagnosis: Diagnosis, trace: Trace, name: str) -> None:
    out.verdict = diagnosis.verdict
    out.worst = _worst(diagnosis)
    out.number = len(diagnosis.roots)
    files.write_json(os.path.join(out.uri, "findings.json"), diagnosis.to_json())
    report.write(os.path.join(out.uri, "report.html"), [report.View(name, trace, diagnosis)], title=f"{name}: training")


def _describe(out: artifact.Artifact, record: VerdictRecord, diagnosis: Diagnosis, applied: Sequence[Event]) -> None:
    """What one asks ML Metadata for, beside `passed` and `reasons`."""
    told: Mapping[str, str] = {
        "reason": record.reasons[0],
        "faults": ",".join(sorted({finding.fault for finding in diagnosis.roots})),
        "worst": _worst(diagnosis),
        "cures": ",".join(str(event.detail.get("remedy")) for event in applied),
    }
    for name, value in told.items():
        out.set_string_custom_property(name, value)
    out.set_int_custom_property("cured", len(applied))


def _worst(diagnosis: Diagnosis) -> str:
    severities = [finding.severity for finding in diagnosis.roots]
    return max(severities).label if severities else ""


class GradientDiagnostics(base_component.BaseComponent):
    """Outputs `findings` and `verdict`.

    Args:
        model_run: of the Trainer; the trace lies in it.
        diagnostics: JSON object: `rules`, `ignore`, `refuse_on` of the config's group, and `name`, of the pipeline.
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
