"""The few words that a tree, a picture or a page says of an artifact and of an execution."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage import pushes
from graduate.pipeline.lineage.records import Artifact, Execution
from graduate.pipeline.view.style import seconds

# What the facts are taken from; nothing else is read of a graph's nodes.
PROPERTIES = (
    *("rows", "split_names", "span", "version", "input_fingerprint", "source", "passed", "verdict", "number", "none"),
    *("blessed", "by_hand", "pushed", "pushed_version", "folds", "sick", "chosen", "by", "when", "because"),
    *("accuracy", "loss", "display_name", "task_name"),
)
_STATES = {
    "marked_for_deletion": "being deleted",
    "deleted": "deleted",
    "pending": "unfinished",
    "abandoned": "abandoned",
}
_METRICS = ("accuracy", "loss")


def of_artifact(artifact: Artifact, serves: bool, metrics: Mapping[str, float]) -> list[str]:
    """What is known of it in short, and last whether its files are gone."""
    told = artifact.properties
    found = [*_of_kind(artifact, told), *(["serves"] if serves else [])]
    measured = metrics or told
    for name in _METRICS:
        if name in measured and (metrics or _is_number(told[name])):
            found.append(f"{name} {float(measured[name]):.4g}")
    if artifact.state in _STATES:
        found.append(_STATES[artifact.state])
    if artifact.present is False:
        found.append("gone")
    return found


def of_execution(execution: Execution, cached: Sequence[str], run: str = "") -> list[str]:
    """State with duration, run where that is not `run`, who took its outputs from the cache, who did it by hand."""
    took = (execution.ended - execution.started) / 1000
    timed = execution.state in ("ran", "failed", "interrupted") and took >= 0
    found = [f"{execution.state} in {_duration(took)}" if timed else execution.state]
    by_hand = deed(execution)
    if by_hand:
        found = [
            f"{told} {by_hand[key]}"
            for key, told in (("by", "by"), ("when", "on"), ("because", "because:"))
            if by_hand[key]
        ]
    if execution.run and execution.run != run:
        found.append(f"run {execution.run}")
    found.append(f"execution {execution.id}")
    if cached and execution.state != "cached":
        found.append(f"also taken from the cache by {len(cached):,} run{'s' if len(cached) > 1 else ''}")
    return found


def deed(execution: Execution) -> dict[str, str]:
    """Who did by hand what, when and why; empty where a run's node did it."""
    if execution.type not in (pushes.ROLLBACK, pushes.OVERRIDE):
        return {}
    return {key: str(execution.parameters.get(key) or "") for key in ("by", "when", "because")}


def when(milliseconds: int) -> str:
    """Local time, to the second."""
    return f"{datetime.datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M:%S}"


def printable(text: str) -> str:
    """A name out of a store on one line: what a terminal would obey is written as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _of_kind(artifact: Artifact, told: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    if _is_number(told.get("rows")):
        found.append(f"{int(told['rows']):,} rows")
    if artifact.kind == "Examples" and told.get("split_names"):
        found.append(_splits(told["split_names"]))
    if told.get("span") not in (None, "", 0):
        found.append(f"span {told['span']}")
    if artifact.kind == "graduate.Verdict" and told.get("passed") is not None:
        found.append(f"{told.get('source') or 'somebody'} {'passed' if told['passed'] else 'refused'}")
    if artifact.kind == "graduate.Findings" and told.get("verdict"):
        number = told.get("number")
        found.append(
            f"{told['verdict']}, {number} finding{'' if number == 1 else 's'}" if number else str(told["verdict"])
        )
    if artifact.kind == "ModelBlessing" and told.get("blessed") is not None:
        found.append(("blessed by hand" if told.get("by_hand") else "blessed") if told["blessed"] else "not blessed")
    if artifact.kind == "graduate.CrossValidation" and told.get("folds"):
        found.append(f"{told['folds']} folds")
    if artifact.kind == "graduate.Trials" and told.get("number"):
        found.append(f"{told['number']} trials, {told.get('sick') or 0} sick")
    if artifact.kind == "HyperParameters" and told.get("chosen"):
        found.append(str(told["chosen"]))
    if told.get("none") == 1:
        found.append("none served yet")
    version = told.get("pushed_version") or told.get("version")
    if version:
        found.append(f"version {version}")
    if artifact.kind == "PushedModel" and told.get("pushed") == 0:
        found.append("nothing was pushed")
    return [printable(fact) for fact in found]


def _duration(took: float) -> str:
    return seconds(took) if took >= 0.1 else f"{took * 1000:.0f} ms"


def _splits(names: Any) -> str:
    try:
        return ", ".join(map(str, json.loads(names) if isinstance(names, str) else names))
    except (ValueError, TypeError):
        return str(names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
