"""What was decided on a run, in the order of its nodes: by Graduate's verdicts, or by stock components' blessings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.verdict import Check, VerdictRecord

# Artifacts by which stock components of TFX say yes or no, in their property `blessed`
_NAMES = ("source", "passed", "reasons", "blessed")
_BLESSINGS = ("ModelBlessing", "InfraBlessing", "ExampleAnomalies")
_WORDS = {
    "ModelBlessing": ("The model was blessed.", "The model was not blessed."),
    "InfraBlessing": ("The model could be served.", "The model could not be served."),
    "ExampleAnomalies": ("No anomalies were found.", "Anomalies were found in {where}."),
}


@dataclass(frozen=True)
class Judged:
    """One verdict.

    Attributes:
        source: the node that decided.
        passed: whether what follows may run.
        reasons: sentences; of the checks that failed where any did.
        checks: each with value, bound and slice; empty where only the sentences are known.
    """

    source: str
    passed: bool
    reasons: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "reasons": list(self.reasons), "checks": [asdict(check) for check in self.checks]}


def of_run(records: Records, run: Run, executions: Sequence[Execution] | None = None) -> list[Judged]:
    """Every verdict on a run, the first node's first.

    Args:
        records: the store.
        run: with its result, where it has one.
        executions: of the run, where they have been read already.
    """
    result = run.facts.get("result")
    if isinstance(result, Mapping) and result.get("verdicts"):
        return [_judged(VerdictRecord.from_json(one)) for one in result["verdicts"]]
    nodes = records.executions_of(run, only=()) if executions is None else executions
    return of_executions(records, nodes)


def refusing(verdicts: Sequence[Judged]) -> Judged | None:
    """The first that refuses."""
    return next((one for one in verdicts if not one.passed), None)


def _judged(record: VerdictRecord) -> Judged:
    return Judged(record.source, record.passed, record.reasons, record.checks)


def of_executions(records: Records, nodes: Sequence[Execution]) -> list[Judged]:
    """The verdicts, or else the blessings, that executions gave."""
    makers = {one.id: one.node for one in nodes}
    events = [event for event in records.events(executions=makers) if event.output] if makers else []
    given = {event.artifact: makers[event.execution] for event in events}
    found = records.artifacts(ids=given, kinds=("graduate.Verdict", *_BLESSINGS), only=_NAMES) if given else []
    # in the order in which nodes began, whichever of them was taken from the cache
    found.sort(key=lambda one: next(event.execution for event in events if event.artifact == one.id))
    own = [_own(one, given[one.id]) for one in found if one.kind == "graduate.Verdict"]
    if own:
        return own
    return [
        _blessing(one, given[one.id]) for one in found if one.kind != "graduate.Verdict" and "blessed" in one.properties
    ]


def _own(artifact: Artifact, node: str) -> Judged:
    """With every check where the artifact's file is there, otherwise as its properties tell."""
    folder = artifact.folder
    try:
        if folder is not None:
            return _judged(VerdictRecord.from_json(json.loads((folder / "verdict.json").read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    reasons = artifact.properties.get("reasons") or "[]"
    try:
        sentences = json.loads(reasons) if isinstance(reasons, str) else reasons
    except ValueError:
        sentences = [reasons]
    return Judged(
        str(artifact.properties.get("source") or node),
        bool(artifact.properties.get("passed")),
        tuple(str(sentence) for sentence in sentences),
    )


def _blessing(artifact: Artifact, node: str) -> Judged:
    blessed = artifact.properties["blessed"]
    splits = blessed if isinstance(blessed, Mapping) else {}
    passed = all(splits.values()) if splits else bool(blessed)
    where = ", ".join(sorted(name for name, one in splits.items() if not one)) or "the data"
    return Judged(node, passed, (_WORDS[artifact.kind][not passed].format(where=where),))
