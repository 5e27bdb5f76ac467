"""What a run came to, from the states of its tasks and what they gave: the same result as of `graduate run`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.result import REFUSALS, NodeReport, RunResult, Status
from graduate.pipeline.simulate.scope import SUCCEEDED, Scope
from graduate.verdict import VerdictRecord

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2 as mlmd

CONDITION = "condition-"
_ORDER = ("DataGuard", "Preflight", "Tuner", "GradientDiagnostics", "Evaluator", "ServingCheck", "Gate")


def status(states: Mapping[str, str]) -> Status:
    """The status of a run by the states of its tasks and sub-DAGs: `ran`, `cached`, `skipped`, `failed`, `running`."""
    if "failed" in states.values():
        return "failed"
    if states.get("Pusher") in SUCCEEDED:
        return "pushed"
    # what a verdict guards is a sub-DAG: the first that is skipped names the status
    refused = (told for judge, told in REFUSALS.items() if states.get(f"{CONDITION}{judge}") == "skipped")
    return next(refused, "stopped")


def states(scope: Scope) -> dict[str, str]:
    """States by task, sub-DAGs' too, those that are in them as well."""
    found: dict[str, str] = {}
    for name, done in scope.done.items():
        found[name] = done.state
        if done.scope is not None:
            found |= states(done.scope)
    return found


def result(
    run_id: str,
    root: Scope,
    nodes: tuple[NodeReport, ...],
    *,
    interrupted: bool,
    kind: Callable[[mlmd.Artifact], str],
    at: Callable[[str], Path],
    pushed_at: Callable[[str], Path],
) -> RunResult:
    """The result of a run.

    Args:
        run_id: Kubeflow's.
        root: the pipeline's DAG, with what became of it.
        nodes: in order of their ends.
        interrupted: whether somebody ended it.
        kind: the type of an artifact.
        at: where the files at a URI lie.
        pushed_at: where a path of the Pusher's container lies.
    """
    given = [(kind(artifact), artifact) for artifact in _given(root)]
    pushed = [_text(one, "pushed_destination") for name, one in given if name == "PushedModel"]
    return RunResult(
        run_id=run_id,
        status="interrupted" if interrupted else status(states(root)),
        nodes=nodes,
        verdicts=_verdicts([at(one.uri) for name, one in given if name == "graduate.Verdict"]),
        pushed_to=str(pushed_at(pushed[-1])) if pushed and pushed[-1] else None,
        metrics={
            **_metrics([at(one.uri) for name, one in given if name == "ModelEvaluation"]),
            **_folds([at(one.uri) for name, one in given if name == "graduate.CrossValidation"]),
        },
    )


def _given(scope: Scope) -> Iterator[mlmd.Artifact]:
    for done in scope.done.values():
        if done.scope is not None:
            yield from _given(done.scope)
        elif done.state in SUCCEEDED:
            yield from done.artifacts.values()


def _text(artifact: mlmd.Artifact, name: str) -> str:
    return str(artifact.custom_properties[name].string_value)


def _verdicts(folders: list[Path]) -> tuple[VerdictRecord, ...]:
    found = [VerdictRecord.from_json(told) for folder in folders if (told := _json(folder / "verdict.json"))]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.source) if one.source in _ORDER else len(_ORDER)))


def _metrics(folders: list[Path]) -> dict[str, float]:
    told = _json(folders[-1] / "metrics.json") if folders else None
    if not told:
        return {}
    overall = told.get("candidate", told).get("overall", {})
    return {name: value for name, value in overall.items() if isinstance(value, int | float)}


def _folds(folders: list[Path]) -> dict[str, float]:
    told = _json(folders[-1] / "folds.json") if folders else None
    if not told:
        return {}
    parts = {f"folds_{name}_{kind}": value for kind in ("mean", "spread") for name, value in told[kind].items()}
    return {"folds": len(told["folds"]), **parts}


def _json(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
