"""Why a run ended as it did: its verdicts in the order of the nodes, the findings, and what stood behind it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.lineage import (
    pushes,
    runs_behind,
    runs_changes,
    runs_nodes,
    runs_recent,
    why_findings,
    why_node,
    why_verdicts,
)
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.runs_behind import Behind
from graduate.pipeline.lineage.runs_changes import Change
from graduate.pipeline.lineage.serving import Deed, deed_of
from graduate.pipeline.lineage.why_findings import Findings
from graduate.pipeline.lineage.why_node import WhyNode
from graduate.pipeline.lineage.why_verdicts import Judged
from graduate.pipeline.lineage.words import Subject

_BY_HAND = (pushes.ROLLBACK, pushes.OVERRIDE)


@dataclass(frozen=True)
class Node:
    """A node of the run: its state, and why it is so; `execution` is None where it was skipped."""

    node: str
    state: str
    reason: str
    execution: int | None


@dataclass(frozen=True)
class Version:
    """A version that came of the run, and by whose deed; `asked` where it is the one that was asked about."""

    version: int | None
    folder: str
    deed: Deed
    at: int
    serves: bool
    asked: bool


@dataclass(frozen=True)
class WhyRun:
    """Why a run ended as it did.

    Attributes:
        label: what was asked about.
        run: its id; `pipeline` and `status` of it.
        started: milliseconds since 1970; `ended` likewise, None where nobody wrote it down.
        sentence: the answer in a sentence.
        versions: what was pushed of it, by the run and by hand, the first first.
        verdicts: in the order of the nodes.
        findings: of its training; None where none was looked at.
        nodes: in the order in which they ran.
        behind: data, schema, code and config.
        before: the run before of the same pipeline, "" for the first.
        changes: what differs from that.
        metrics: that it measured.
        gone: places of artifacts whose files are not there any more.
    """

    label: str
    run: str
    pipeline: str
    status: str
    started: int
    ended: int | None
    sentence: str
    versions: tuple[Version, ...]
    verdicts: tuple[Judged, ...]
    findings: Findings | None
    nodes: tuple[Node, ...]
    behind: Behind
    before: str
    changes: tuple[Change, ...]
    metrics: Mapping[str, float]
    gone: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        ended = None if self.ended is None else _iso(self.ended)
        versions = [{**asdict(one), "at": _iso(one.at)} for one in self.versions]
        return {
            "kind": "run",
            "label": self.label,
            "run_id": self.run,
            "pipeline": self.pipeline,
            "status": self.status,
            "started": _iso(self.started),
            "ended": ended,
            "sentence": self.sentence,
            "versions": versions,
            "verdicts": [one.to_json() for one in self.verdicts],
            "findings": self.findings.to_json() if self.findings else None,
            "nodes": [asdict(one) for one in self.nodes],
            **self.behind.to_json(),
            "before": self.before or None,
            "changes": [change.to_json() for change in self.changes],
            "metrics": dict(self.metrics),
            "gone": list(self.gone),
        }


def why(records: Records, subject: Subject, *, in_progress: bool | None = None) -> WhyRun | WhyNode:
    """Why a run or a model is as it is; of an execution or another artifact, why it came about.

    Args:
        records: the store.
        subject: what is asked about.
        in_progress: whether somebody holds the work folder's lock; None where that cannot be told.

    Raises:
        UsageError: the store tells nothing of it.
    """
    if subject.push is None and (subject.artifact is not None or subject.execution is not None):
        return _of_node(records, subject)
    if subject.run is not None:
        return _of_run(records, subject, runs_recent.in_fact(records, subject.run, in_progress))
    if subject.execution is not None:
        return _of_node(records, subject)
    raise UsageError(
        f"{records.store.where} does not tell what {subject.label} came of",
        hint="graduate lineage X draws what it knows",
    )


def _of_node(records: Records, subject: Subject) -> WhyNode:
    if subject.execution is None:
        return WhyNode(subject.label, artifact=subject.artifact)
    execution = records.executions([subject.execution.id])[0]
    return why_node.of_execution(records, subject.label, execution, subject.run, subject.artifact)


def _of_run(records: Records, subject: Subject, run: Run) -> WhyRun:
    executions = records.executions_of(run)
    own = [one for one in executions if one.type not in _BY_HAND]
    artifacts = records.outputs_of(executions, only=why_findings.PROPERTIES)
    verdicts = why_verdicts.of_run(records, run, own)
    before = _before(records, run)
    behind = runs_behind.of_runs(records, [run], whole=True)[run.id]
    changes: Sequence[Change] = ()
    if before is not None:
        changes = runs_changes.between(runs_behind.of_runs(records, [before])[before.id], behind)
    versions = _versions(records, run, artifacts, subject.push)
    findings = why_findings.of_run(run, artifacts)
    return WhyRun(
        label=subject.label,
        run=run.id,
        pipeline=run.pipeline,
        status=run.status,
        started=run.started,
        ended=run.ended,
        sentence=_sentence(run, verdicts, versions, findings),
        versions=tuple(versions),
        verdicts=tuple(verdicts),
        findings=findings,
        nodes=tuple(_nodes(records, run, own)),
        behind=behind,
        before=before.id if before else "",
        changes=tuple(changes),
        metrics=run.metrics,
        gone=tuple(one.uri for one in artifacts if one.present is False),
    )


def _before(records: Records, run: Run) -> Run | None:
    """The run before of the same pipeline, with what stands behind it."""
    earlier = next(runs_recent.earlier(records, run), None)
    if earlier is None:
        return None
    return next(iter(records.runs(ids=[earlier.id], only=runs_behind.PROPERTIES)), None)


def _versions(records: Records, run: Run, artifacts: Sequence[Artifact], asked: Push | None) -> list[Version]:
    pushed = {one.id for one in artifacts if one.kind == "PushedModel"} | ({asked.artifact.id} if asked else set())
    if not pushed:
        return []
    every = pushes.pushes(records)
    serving = {push.artifact.id for push in pushes.serving(every)}
    found = sorted((push for push in every if push.artifact.id in pushed), key=lambda push: push.artifact.id)
    ids = {push.execution.id for push in found if push.execution}
    deeds = {one.id: one for one in records.executions(ids)} if ids else {}
    return [
        Version(
            version=push.version,
            folder=push.folder,
            deed=deed_of(push, deeds.get(push.execution.id) if push.execution else None, run),
            at=push.artifact.created,
            serves=push.artifact.id in serving,
            asked=asked is not None and push.artifact.id == asked.artifact.id,
        )
        for push in found
    ]


def _nodes(records: Records, run: Run, executions: Sequence[Execution]) -> list[Node]:
    """As the run reported them, with what was skipped; otherwise its executions."""
    ids = {one.node: one.id for one in executions}
    result = run.facts.get("result")
    if isinstance(result, Mapping) and result.get("nodes"):
        return [
            Node(str(n["node"]), _state(n), str(n.get("reason") or ""), ids.get(str(n["node"])))
            for n in result["nodes"]
        ]
    skipped = [(node, state) for node, state in runs_nodes.states(records, [run])[run.id].items() if node not in ids]
    return [Node(one.node, one.state, "", one.id) for one in executions] + [Node(n, s, "", None) for n, s in skipped]


def _state(node: Mapping[str, Any]) -> str:
    return "interrupted" if node.get("reason") == "interrupted" else str(node["state"])


def _ended_early(run: Run) -> str:
    """Of a run that failed or was interrupted: where, and with which message."""
    if run.status == "interrupted" and run.ended is None:
        return "It was interrupted: it never ended, and nobody runs it any more."
    nodes = run.facts.get("nodes")
    states = nodes if isinstance(nodes, Mapping) else {}
    stopped = next((str(name) for name, state in states.items() if state == run.status), "")
    node, error = run.facts.get("failed_node") or stopped, run.facts.get("error")
    said = "failed" if run.status == "failed" else "was interrupted"
    return f"It {said}{f' in {node}' if node else ''}{f': {error}' if error else '.'}"


def _faults(findings: Findings | None) -> str:
    """What made the training sick, by name: findings that no other explains and no remedy mended."""
    found = findings.found if findings else ()
    left = [one for one in found if not one.get("caused_by") and one.get("cured_at") is None]
    return ", ".join(dict.fromkeys(str(one["fault"]) for one in left))


def _sentence(run: Run, verdicts: Sequence[Judged], versions: Sequence[Version], findings: Findings | None) -> str:
    refused = why_verdicts.refusing(verdicts)
    asked = next((one for one in versions if one.asked and one.deed.kind != "run"), None)
    if asked is not None:
        what = "goes back to an earlier version" if asked.deed.kind == "rollback" else "overrides a refusal"
        return f"Version {asked.version} {what}, by {asked.deed.who}" + (
            f": {asked.deed.why}." if asked.deed.why else "."
        )
    if refused is not None:
        words = {"sick": "was found sick", "data_refused": "was refused for its data"}
        faults = _faults(findings) if refused.source == "GradientDiagnostics" else ""
        reason = f": {faults}." if faults else f": {refused.reasons[0]}" if refused.reasons else "."
        return f"It {words.get(run.status, 'was refused')} by {refused.source}{reason}"
    if run.status in ("failed", "interrupted"):
        return _ended_early(run)
    if run.status == "stopped":
        until = run.facts.get("until")
        return f"It stopped after {until or 'the node that --until named'}, as asked."
    if run.status == "running":
        return "It has not ended yet."
    passed = f"every one of {len(verdicts)} verdicts passed" if verdicts else "no verdict was asked for"
    if run.status == "pushed":
        by_run = next((one for one in versions if one.deed.kind == "run"), None)
        version = f" as version {by_run.version}" if by_run else ""
        return f"It was pushed{version}: {passed}."
    return f"It ended and pushed nothing: {passed}."


def _iso(milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC).isoformat()
