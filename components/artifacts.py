"""The custom artifact types. A type name is also the type's import path: Kubeflow resolves `graduate.Verdict` so."""

from __future__ import annotations

import json
import os

from tfx.types import artifact

from graduate import files
from graduate.verdict import VerdictRecord


class Verdict(artifact.Artifact):
    """What a guard, a check or the gate decided; `verdict.json` lies at the URI."""

    TYPE_NAME = "graduate.Verdict"
    PROPERTIES = {
        "source": artifact.Property(type=artifact.PropertyType.STRING),
        "passed": artifact.Property(type=artifact.PropertyType.INT),  # 1 or 0: what `Cond` compares
        "reasons": artifact.Property(type=artifact.PropertyType.STRING),  # a JSON list of sentences
    }


class Manifest(artifact.Artifact):
    """Every source file or row of a set of Examples: path, content hash, split, class (`manifest.jsonl` at the URI)."""

    TYPE_NAME = "graduate.Manifest"
    PROPERTIES = {"rows": artifact.Property(type=artifact.PropertyType.INT)}


class Findings(artifact.Artifact):
    """What diagnosis says of a training; `findings.json`, and `report.html`, lie at the URI."""

    TYPE_NAME = "graduate.Findings"
    PROPERTIES = {
        "verdict": artifact.Property(type=artifact.PropertyType.STRING),  # healthy, sick or nothing_seen
        "worst": artifact.Property(type=artifact.PropertyType.STRING),  # severity of the worst finding, or ""
        "number": artifact.Property(type=artifact.PropertyType.INT),  # of findings that no other explains
    }


class CrossValidation(artifact.Artifact):
    """The metrics of each fold, their mean and spread; `folds.json` lies at the URI."""

    TYPE_NAME = "graduate.CrossValidation"
    PROPERTIES = {"folds": artifact.Property(type=artifact.PropertyType.INT)}


class Trials(artifact.Artifact):
    """What a search tried: `trials.json`, with settings, metrics and faults of each, and `report.html`."""

    TYPE_NAME = "graduate.Trials"
    PROPERTIES = {
        "number": artifact.Property(type=artifact.PropertyType.INT),
        "sick": artifact.Property(type=artifact.PropertyType.INT),
        "metric": artifact.Property(type=artifact.PropertyType.STRING),
    }


def write_verdict(out: artifact.Artifact, record: VerdictRecord) -> None:
    """Fill a Verdict artifact from a record: properties, and `verdict.json` at its URI."""
    out.source = record.source
    out.passed = int(record.passed)
    out.reasons = json.dumps(list(record.reasons), ensure_ascii=False)
    files.write_json(os.path.join(out.uri, "verdict.json"), record.to_json())


def read_verdict(given: artifact.Artifact) -> VerdictRecord:
    """Read the record back from the artifact's folder."""
    with open(os.path.join(given.uri, "verdict.json"), encoding="utf-8") as opened:
        return VerdictRecord.from_json(json.load(opened))
