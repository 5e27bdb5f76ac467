"""Verdicts that turned, and faults of the training that appeared, vanished or changed."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, place, read_json
from graduate.pipeline.workspace import Workspace

_STORE = "metadata.sqlite"  # what a work folder calls its store
What = Literal["appeared", "vanished", "changed"]


@dataclass(frozen=True)
class Fault:
    """A fault that differs; severity of either side, None where it has not the fault; whether a cure ended it."""

    fault: str
    what: What
    a: str | None
    b: str | None
    cured: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Verdict:
    """A verdict that differs: None where a side has none of this source; reasons of the side that refused, or both."""

    source: str
    a: bool | None
    b: bool | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """What was decided, and found in the training.

    Attributes:
        state: of faults and verdicts together.
        why: why the faults cannot be compared.
        statuses: of the runs.
        verdicts: those that differ.
        faults: those that differ.
        compare: the command that says at which step the two trainings parted; "" where one has no trace on the disk.
    """

    state: State
    why: str = ""
    statuses: tuple[str, str] = ("", "")
    verdicts: tuple[Verdict, ...] = ()
    faults: tuple[Fault, ...] = ()
    compare: str = ""


def compare(a: Side, b: Side) -> Findings:
    """Compare verdicts and findings."""
    verdicts = tuple(_verdicts(_judged(a), _judged(b)))
    one, other = _faults(a), _faults(b)
    lacking = [letter for letter, found in (("A", one), ("B", other)) if found is None]
    faults = () if one is None or other is None else tuple(_differing(one, other))
    statuses = a.run.status, b.run.status
    words = {0: "", 1: f"{''.join(lacking)} has no findings of a training", 2: "neither has findings of a training"}
    why = words[len(lacking)]
    differs = faults or verdicts or statuses[0] != statuses[1]
    state: State = DIFFERS if differs else UNKNOWN if lacking else SAME
    return Findings(state, why, statuses, verdicts, faults, _command(a, b))


def _judged(side: Side) -> dict[str, Mapping[str, Any]]:
    """Verdicts by source, as the store tells them."""
    found = {}
    for node in side.nodes.values():
        for artifact in (one for given in node.outputs.values() for one in given if one.kind == "graduate.Verdict"):
            found[str(artifact.properties.get("source") or node.id)] = artifact.properties
    return found


def _verdicts(one: Mapping[str, Mapping[str, Any]], other: Mapping[str, Mapping[str, Any]]) -> list[Verdict]:
    found = []
    for source in [*one, *(name for name in other if name not in one)]:
        told = [side.get(source) for side in (one, other)]
        passed = [None if side is None else bool(side.get("passed")) for side in told]
        if passed[0] == passed[1]:
            continue
        reasons = [reason for side in told if side and not side.get("passed") for reason in _reasons(side)]
        found.append(Verdict(source, passed[0], passed[1], tuple(reasons)))
    return found


def _reasons(verdict: Mapping[str, Any]) -> list[str]:
    value = verdict.get("reasons")
    try:
        return [str(one) for one in json.loads(value)] if isinstance(value, str) else [str(one) for one in value or ()]
    except ValueError:
        return [str(value)]


def _faults(side: Side) -> dict[str, tuple[str, bool]] | None:
    """Severity and whether cured, by fault; None where no training was looked at."""
    artifact = side.made("graduate.Findings")
    if artifact is None:
        return None
    folder, _ = place(artifact)
    told = read_json(folder / "findings.json") if folder is not None else {}
    if "findings" in told:
        return {
            one["fault"]: (str(one.get("severity")), one.get("cured_at") is not None)
            for one in reversed(told["findings"])
        }
    verdict = _judged(side).get("GradientDiagnostics", {})  # its files are gone: the store knows names
    names = [name.strip() for name in str(verdict.get("faults") or "").split(",") if name.strip()]
    cured = [name.strip() for name in str(verdict.get("cured_faults") or "").split(",")]
    return {name: (str(verdict.get("worst") or "unknown"), name in cured) for name in names}


def _differing(one: Mapping[str, tuple[str, bool]], other: Mapping[str, tuple[str, bool]]) -> list[Fault]:
    found = []
    for fault in sorted(one.keys() | other.keys()):
        left, right = one.get(fault), other.get(fault)
        if left == right:
            continue
        what: What = "appeared" if left is None else "vanished" if right is None else "changed"
        cured = bool(left and left[1]), bool(right and right[1])
        found.append(Fault(fault, what, left and left[0], right and right[0], cured))
    return found


def _command(a: Side, b: Side) -> str:
    """By run ids where one work folder has both, by the folders of the traces otherwise."""
    folders = []
    for side in (a, b):
        folder, _ = place(side.made("ModelRun"))
        trace = folder / "trace" if folder is not None else None
        if trace is None or not (trace / "header.json").is_file():
            return ""
        folders.append(trace)
    if folders[0] == folders[1]:
        return ""
    if a.store == b.store and os.path.basename(a.store) == _STORE:
        root = os.path.dirname(a.store)
        here = str(Workspace.at().root) == root
        words = [a.run.id, b.run.id, *(() if here else ("--workdir", root))]
    else:
        words = [str(folder) for folder in folders]
    return shlex.join(["graduate", "compare", *words])
