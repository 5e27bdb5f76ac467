"""What only ML Metadata tells of a run on Kubeflow: metrics, the checks of verdicts, the version that was pushed."""

from __future__ import annotations

from graduate.errors import UserError
from graduate.pipeline.lineage import stores, why_verdicts
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.why_verdicts import Judged
from graduate.pipeline.result import RunResult
from graduate.verdict import Check, VerdictRecord


def told(result: RunResult, store: str) -> RunResult:
    """A result with what the store knows of its run; what it does not know stays as it was.

    Args:
        result: of a run that has ended; its status is that of its tasks, whatever the store says.
        store: a URL, as every lineage verb takes it.

    Raises:
        UserError: the store cannot be read, or has no such run.
    """
    with Records(stores.open_store(store)) as records:
        run = records.run(result.run_id)
        if run is None:
            raise UserError(f"the store {store} has no run {result.run_id}", hint="is it that of the same Kubeflow?")
        verdicts = tuple(_record(one) for one in why_verdicts.of_run(records, run))
        pushed_to = run.facts.get("pushed_to")
        return result.with_(
            verdicts=verdicts or result.verdicts,
            metrics=dict(run.metrics),
            pushed_to=str(pushed_to) if pushed_to and result.status == "pushed" else result.pushed_to,
        )


def _record(judged: Judged) -> VerdictRecord:
    """With every check where they are known; on a cluster their sentences are."""
    checks = judged.checks or tuple(Check("verdict", judged.passed, sentence) for sentence in judged.reasons)
    return VerdictRecord(judged.source, checks)
