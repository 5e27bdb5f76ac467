"""A CycloneDX bill of materials of a model (ML-BOM), version 1.6: https://cyclonedx.org/docs/1.6/json/

The model is `metadata.component`, with its model card and a hash of each of its files; its data, config and libraries
are components; how it was made is the workflow under `formulation` (bom_workflow.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import graduate
from graduate.pipeline.lineage.export import (
    bom_workflow,
    considered,
    evidence,
    model,
    modelcard,
    scope,
    secrets,
    stable,
)
from graduate.pipeline.lineage.export.model import Dataset, Told
from graduate.pipeline.lineage.records import Artifact, Records
from graduate.pipeline.lineage.words import Subject

SPEC_VERSION = "1.6"
_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_FRAMEWORKS = frozenset(["tensorflow", "keras", "tfx", "apache-beam", "graduate"])
_MODEL, _CONFIG = "model", "config"
# What a run wrote down that an auditor asks for
_FACTS = (
    "seed",
    "device",
    "strategy",
    "data_digest",
    "schema_digest",
    "code_digest",
    "user_code",
    "lock_hash",
    "platform",
)
Component = dict[str, Any]


def document(records: Records, subject: Subject) -> dict[str, Any]:
    """The bill of materials of a model.

    Raises:
        UsageError: the subject has no model.
    """
    told = model.of(records, subject)
    store = stable.store_id(records)
    parts = [*(_dataset(one) for one in told.datasets), *(_schema(one) for one in told.schemas), *_config(told)]
    libraries = [_library(name, version) for name, version in sorted(told.libraries.items())]
    listed = [*parts, *libraries]
    covered = (
        scope.of(records, subject) if subject.push or subject.artifact else scope.of(records, subject, makers=True)
    )
    known = {one["bom-ref"] for one in listed} | {_MODEL}
    found: dict[str, Any] = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "serialNumber": f"urn:uuid:{stable.model_id(store, (told.push.artifact if told.push else told.artifact).id)}",
        "version": 1,
        "metadata": {
            "timestamp": stable.time(told.made),
            "lifecycles": [{"phase": "post-build"}],
            "tools": {"components": [{"type": "application", "name": "graduate", "version": graduate.__version__}]},
            "component": _model(told),
        },
        "components": listed,
        "dependencies": [
            {"ref": _MODEL, "dependsOn": [one["bom-ref"] for one in listed]},
            *({"ref": one["bom-ref"]} for one in listed),
        ],
    }
    formula = bom_workflow.formula(covered, told, known)
    if formula:
        found["formulation"] = [formula]
    return found


def _model(told: Told) -> Component:
    files = [
        {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
        for name, digest in evidence.hashes(told.folder).items()
    ]
    found: Component = {
        "type": "machine-learning-model",
        "bom-ref": _MODEL,
        "name": told.name,
        "version": told.version,
        "description": considered.overview(told),
        "modelCard": _card(told),
        "properties": _properties(
            {
                "run": told.run.id if told.run else None,
                "status": told.run.status if told.run else None,
                "content": told.card.get("content"),
                "artifact": told.artifact.id,
                "location": secrets.uri(told.push.folder if told.push else told.artifact.uri),
                **{key: told.run.facts.get(key) for key in _FACTS if told.run},
                **{f"verdict:{one.get('source')}": _outcome(one) for one in told.verdicts},
            }
        ),
    }
    if files:
        found["components"] = files
    owner = considered.owner(told)
    if owner:
        found["authors"] = [{"name": owner}]
    if pedigree := _pedigree(told):
        found["pedigree"] = pedigree
    return found


def _pedigree(told: Told) -> dict[str, Any]:
    """The commit that the config lay in, and whether it was changed since."""
    facts = told.run.facts if told.run else {}
    if not facts.get("git_commit"):
        return {}
    commit = {"uid": str(facts["git_commit"])}
    if url := stable.repository(secrets.uri(str(facts.get("git_remote") or ""))):
        commit["url"] = url
    notes = {"notes": "the working tree had changes that were not committed"} if facts.get("git_dirty") else {}
    return {"commits": [commit], **notes}


def _outcome(verdict: Mapping[str, Any]) -> str:
    reasons = " ".join(map(str, verdict.get("reasons") or []))
    return f"{'passed' if verdict.get('passed') else 'refused'}{f': {reasons}' if reasons else ''}"


def _card(told: Told) -> dict[str, Any]:
    parameters: dict[str, Any] = {"approach": {"type": "supervised"}} if told.classes else {}
    if told.task:
        parameters["task"] = "classification" if told.classes else told.task
    built = told.config.get("model")
    if isinstance(built, Mapping) and built.get("build"):
        parameters["architectureFamily"] = str(built["build"])
        parameters["modelArchitecture"] = considered.architecture(told)
    parameters["datasets"] = [{"ref": _ref(one.artifact)} for one in told.datasets]
    if told.inputs:
        parameters["inputs"] = [{"format": f"{one.name}: {one.type}"} for one in told.inputs]
    if told.classes:
        parameters["outputs"] = [{"format": f"probability of {name}"} for name in told.classes]
    risks = [{"name": name, "mitigationStrategy": done} for name, done in considered.overrides(told)]
    considerations = {
        "useCases": considered.uses(told),
        "technicalLimitations": considered.limitations(told),
        "ethicalConsiderations": risks,
    }
    return {
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": list(modelcard.metrics(told))},
        "considerations": {key: value for key, value in considerations.items() if value},
        "properties": _properties({"evaluated_on": told.split or None}),
    }


def _dataset(one: Dataset) -> Component:
    contents: dict[str, Any] = {
        "properties": _properties({f"rows:{split}": count for split, count in one.rows.items()} | {"rows": one.total})
    }
    if link := stable.link(one.source or secrets.uri(one.artifact.uri)):
        contents["url"] = link
    inside = {"type": "dataset", "name": considered.dataset_name(one), "contents": contents}
    return _data(one.artifact, inside | {"description": considered.dataset(one)}, one.digest, "manifest.jsonl")


def _schema(one: Artifact) -> Component:
    digest = evidence.sha256(one.folder / "schema.pbtxt") if one.folder else None
    return _data(one, {"type": "definition", "name": "TensorFlow schema of the data"}, digest, "schema.pbtxt")


def _data(artifact: Artifact, inside: dict[str, Any], digest: str | None, file: str) -> Component:
    """A component of type data; its hash is of the file that stands for it: of examples the list of their contents."""
    found: Component = {
        "type": "data",
        "bom-ref": _ref(artifact),
        "name": artifact.name or f"{artifact.kind} {artifact.id}",
        "version": str(artifact.id),
        "data": [inside],
        "properties": _properties(
            {"kind": artifact.kind, "location": secrets.uri(artifact.uri), "hash_of": file if digest else None}
        ),
    }
    if digest:
        found["hashes"] = [{"alg": "SHA-256", "content": digest}]
    return found


def _config(told: Told) -> list[Component]:
    if not told.config:
        return []
    text = json.dumps(told.config, sort_keys=True)
    inside = {
        "type": "configuration",
        "name": "resolved config",
        "contents": {"attachment": {"contentType": "application/json", "content": text}},
    }
    return [{"type": "data", "bom-ref": _CONFIG, "name": f"{told.name} config", "data": [inside]}]


def _library(name: str, version: str) -> Component:
    if name == "python":
        purl = f"pkg:generic/python@{version}"
        return {"type": "platform", "bom-ref": purl, "name": "Python", "version": version, "purl": purl}
    kind = "framework" if name in _FRAMEWORKS else "library"
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _ref(artifact: Artifact) -> str:
    return bom_workflow.ref(artifact)


def _properties(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return bom_workflow.properties(values)
