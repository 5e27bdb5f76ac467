"""The findings as SARIF 2.1.0 (OASIS), for code scanning: each located at the script's line that it is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import graduate
from graduate import text_words
from graduate.files import write_json
from graduate.findings import Finding, Severity
from graduate.findings_json import plain
from graduate.rules import fault_ids
from graduate.rules._pages import first_sentence, page
from graduate.trace import Trace
from graduate.watch.outcome import Outcome, Watched
from graduate.watch.places import Places

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def write(outcome: Outcome, script: str | None, place: str) -> None:
    """Write the file.

    Args:
        outcome: of the watched script.
        script: its path as it was given; None for a module: its results have no location.
        place: the file.
    """
    write_json(place, plain(document(outcome, script)))


def document(outcome: Outcome, script: str | None) -> dict[str, Any]:
    """The SARIF log of one run."""
    places = Places.of(script) if script else None
    found = [(one, finding) for one in outcome.watched for finding in one.diagnosis.findings]
    faults = sorted({finding.fault for _, finding in found})
    driver = {
        "name": "graduate",
        "version": graduate.__version__,
        "semanticVersion": graduate.__version__,
        "rules": [_rule(fault) for fault in faults],
    }
    invocation: dict[str, Any] = {"executionSuccessful": outcome.ended.exit == 0, "exitCode": outcome.ended.exit}
    if outcome.words:
        invocation["exitCodeDescription"] = outcome.words
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, finding, faults.index(finding.fault), script, places) for one, finding in found],
        "properties": {"verdict": outcome.verdict, "ran": list(outcome.diagnosis.ran)},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(fault: str) -> dict[str, Any]:
    described: dict[str, Any] = {"id": fault, "name": "".join(part.title() for part in fault.split("-"))}
    if fault in fault_ids():
        described["shortDescription"] = {"text": first_sentence(fault)}
        described["help"] = {"text": page(fault), "markdown": page(fault)}
    return described


def _result(one: Watched, finding: Finding, index: int, script: str | None, places: Places | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.fault,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "kind": "fail",
        "message": {"text": message(finding, one.trace)},
        "properties": {
            "model": one.name,
            "layers": list(finding.layers),
            "steps": list(finding.steps),
            "causedBy": finding.caused_by,
            "remedies": list(finding.remedies),
        },
    }
    if script and places:
        region = {"startLine": places.line(finding)}
        physical = {"artifactLocation": {"uri": uri(script)}, "region": region}
        logical = [{"name": layer, "kind": "object"} for layer in finding.layers[:5]]
        result["locations"] = [{"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}]
    return result


def message(finding: Finding, trace: Trace) -> str:
    """Meaning, steps, layers, evidence and the most promising remedies as text."""
    first, last = finding.steps
    where = f" Layers: {', '.join(finding.layers)}." if finding.layers else ""
    evidence = " ".join(f"{text_words.evidence(one)}." for one in finding.evidence)
    remedies = "".join(f" {sentence}" for sentence in text_words.advice(finding, trace)[:2])
    return f"{finding.meaning.rstrip('.')}. Steps {first} to {last}.{where} {evidence}{remedies}".strip()


def uri(script: str) -> str:
    """Relative to the working folder where the script lies in it, as code scanning wants it."""
    path = Path(os.path.abspath(script))
    path = path / "__main__.py" if path.is_dir() else path
    try:
        return quote(path.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return path.as_uri()
