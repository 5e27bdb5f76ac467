"""In a few words: why a run was refused, found sick or failed, or what it pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from graduate.pipeline.lineage import why_verdicts
from graduate.pipeline.lineage.records import Records, Run

_NAMES = ("refused_by", "refusal", "faults", "cured_faults", "findings", "failed_node", "error", "pushed_version",
          "pushed_to", "until", "nodes")  # fmt: skip
PROPERTIES = tuple(f"graduate_{name}" for name in _NAMES)
_REFUSED = ("refused", "sick", "data_refused")


def of_runs(records: Records, runs: Sequence[Run]) -> dict[str, str]:
    """By run; "" where there is nothing to say. The runs have been read with PROPERTIES."""
    lacking = [run.id for run in runs if run.status in (*_REFUSED, "pushed", "failed") and "nodes" not in run.facts]
    results = {run.id: run for run in records.runs(ids=lacking, only=("graduate_result",))} if lacking else {}
    found = {}
    for run in runs:
        told = run
        if run.id in results:
            told = replace(run, facts={**run.facts, **_older(records, replace(run, facts=results[run.id].facts))})
        found[run.id] = _words(told)
    return found


def _older(records: Records, run: Run) -> dict[str, Any]:
    """What a run of today would have recorded, from its result, or from its verdicts where it has none."""
    told: dict[str, Any] = {}
    result = run.facts.get("result")
    if isinstance(result, Mapping):
        if result.get("pushed_to"):
            told["pushed_version"] = str(result["pushed_to"]).rpartition("/")[2]
        failed = [node for node in result.get("nodes", ()) if node["state"] == "failed"]
        if failed:
            told |= {"failed_node": failed[0]["node"], "error": run.facts.get("error") or failed[0]["reason"]}
    if run.status in _REFUSED:
        verdict = why_verdicts.refusing(why_verdicts.of_run(records, run))
        if verdict is not None:
            told |= {"refused_by": verdict.source, "refusal": next(iter(verdict.reasons), "")}
    return told


def _words(run: Run) -> str:
    facts = run.facts
    if run.status in _REFUSED:
        by, why = facts.get("refused_by"), facts.get("refusal")
        faults = str(facts.get("faults") or "").replace(",", ", ")
        if run.status == "sick" and faults and by == "GradientDiagnostics":
            why = faults
        return f"{by}: {why}" if by and why else str(by or why or "")
    if run.status == "failed":
        node, error = facts.get("failed_node"), " ".join(str(facts.get("error") or "").split())
        return f"{node}: {error}" if node and error else str(node or error)
    if run.status == "interrupted":
        return f"in {node}" if (node := _interrupted(facts)) else ""
    if run.status == "stopped":
        return f"after {facts['until']}, as asked" if facts.get("until") else ""
    return "; ".join([*_pushed(facts), *_found(facts)])


def _interrupted(facts: Mapping[str, Any]) -> str:
    nodes = facts.get("nodes")
    return next((node for node, state in nodes.items() if state == "interrupted"), "") if nodes else ""


def _pushed(facts: Mapping[str, Any]) -> list[str]:
    told = [f"version {facts['pushed_version']}"] if facts.get("pushed_version") else []
    cured = str(facts.get("cured_faults") or "").replace(",", ", ")
    return [*told, *([f"cured: {cured}"] if cured else [])]


def _found(facts: Mapping[str, Any]) -> list[str]:
    """What the rules found that refused nothing."""
    found = facts.get("findings")
    left = [one for one in found if one.get("cured_at") is None] if isinstance(found, list) else []
    named = [f"{one.get('fault')} ({one.get('severity')})" for one in left]
    return [f"found: {', '.join(named)}"] if named else []
