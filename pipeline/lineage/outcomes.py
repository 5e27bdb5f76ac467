"""What a run's nodes and artifacts tell of how it ended, where no command of Graduate's wrote it down.

The names are those of the facts that Graduate records when its own runs end (`pipeline/facts/outcome.py`), so that a
question finds them whoever ran the pipeline. What only files tell is not among them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage.records import Artifact

VERDICT, EXAMPLES = "graduate.Verdict", "Examples"
EXAMPLE_GEN = "ExampleGen"  # the node whose Examples tell the span
# Kinds to bring, besides those Examples, and the properties of theirs that are read
KINDS = (VERDICT, "ModelBlessing", "InfraBlessing", "PushedModel", "graduate.Manifest")
_TOLD = ("faults", "worst", "cured_faults", "cures")  # by GradientDiagnostics, beside its verdict
PROPERTIES = ("source", "passed", "reasons", *_TOLD, "blessed",
              "pushed", "pushed_destination", "pushed_version", "rows", "span")  # fmt: skip
_DECIDING = {VERDICT: "passed", "ModelBlessing": "blessed", "InfraBlessing": "blessed"}  # 0 refuses
_LONGEST = 200  # characters of a reason
# The first source that refuses names the status; as a run of Graduate's own does.
_REFUSALS = (("DataGuard", "data_refused"), ("Preflight", "sick"), ("Tuner", "sick"), ("GradientDiagnostics", "sick"))
# In this order a run of Graduate's own tells its verdicts, whichever came first; the Gate refuses because others did
_ORDER = ("DataGuard", "Preflight", "Tuner", "GradientDiagnostics", "Evaluator", "ServingCheck", "", "Gate")

Made = Sequence[tuple[str, Artifact]]  # by node, in order of time


def status(made: Made) -> str:
    """`pushed`, or why it was not: `data_refused`, `sick`, `refused`; "" where neither is told."""
    if any(_pushes(artifact) for _, artifact in made):
        return "pushed"
    refused = {_source(artifact) for _, artifact in made if _refuses(artifact)}
    named = next((told for source, told in _REFUSALS if source in refused), "")
    return named or ("refused" if refused else "")


def facts(nodes: Mapping[str, str], made: Made) -> dict[str, Any]:
    """Facts by name.

    Args:
        nodes: states by node.
        made: what the nodes gave, of KINDS, with PROPERTIES.
    """
    failed = next((node for node, state in nodes.items() if state == "failed"), None)
    told = {"nodes": dict(nodes), **({"failed_node": failed} if failed else {})}
    return {**told, **_data(made), **_verdicts(made), **_push(made)}


def _data(made: Made) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for node, artifact in made:
        span, rows = artifact.properties.get("span"), artifact.properties.get("rows")
        if artifact.kind == EXAMPLES and node == EXAMPLE_GEN and isinstance(span, int):
            told["span"] = span
        if artifact.kind == "graduate.Manifest" and isinstance(rows, int):
            told["rows"] = rows
    return told


def _verdicts(made: Made) -> dict[str, Any]:
    verdicts = [artifact for _, artifact in made if artifact.kind == VERDICT and artifact.properties.get("source")]
    told: dict[str, Any] = {}
    for artifact in verdicts:
        reason = _reason(artifact)
        refusal = f"refused: {reason}" if reason else "refused"
        told[f"verdict_{_source(artifact)}"] = _shortened(refusal) if _refuses(artifact) else "passed"
        if _source(artifact) == "GradientDiagnostics":
            told |= {name: str(artifact.properties[name]) for name in _TOLD if artifact.properties.get(name)}
    refusing = sorted((one for one in verdicts if _refuses(one)), key=lambda one: _rank(_source(one)))
    if refusing:
        told |= {"refused_by": _source(refusing[0]), "refusal": _shortened(_reason(refusing[0]))}
    return told


def _push(made: Made) -> dict[str, Any]:
    pushed = [artifact.properties for _, artifact in made if _pushes(artifact)]
    if not pushed or not pushed[-1].get("pushed_destination"):
        return {}
    folder = str(pushed[-1]["pushed_destination"]).rstrip("/")
    return {"pushed_to": folder, "pushed_version": str(pushed[-1].get("pushed_version") or os.path.basename(folder))}


def _pushes(artifact: Artifact) -> bool:
    return artifact.kind == "PushedModel" and bool(artifact.properties.get("pushed"))


def _refuses(artifact: Artifact) -> bool:
    deciding = _DECIDING.get(artifact.kind, "")
    return deciding in artifact.properties and not artifact.properties[deciding]


def _rank(source: str) -> int:
    return _ORDER.index(source if source in _ORDER else "")


def _source(artifact: Artifact) -> str:
    return str(artifact.properties.get("source") or artifact.kind)


def _reason(artifact: Artifact) -> str:
    """Why it refused, its first reason; "" where it passed, or does not tell."""
    if not _refuses(artifact):
        return ""
    try:
        reasons = json.loads(str(artifact.properties.get("reasons") or "[]"))
    except ValueError:
        return ""
    return str(reasons[0]) if isinstance(reasons, list) and reasons else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
