"""What a run on Kubeflow came to: the same result, status and exit code as a run on this machine."""

from __future__ import annotations

from graduate.pipeline.deploy.progress import Progress
from graduate.pipeline.result import REFUSALS, NodeReport, NodeState, RunResult, Status
from graduate.verdict import Check, VerdictRecord

_PUSHER = "Pusher"


def of(run_id: str, progress: Progress) -> RunResult:
    """The result of a run that has ended.

    The API tells states of tasks, and no content: metrics, the checks of a verdict and the pushed version are in ML
    Metadata and in the object store. So `metrics` is empty, `pushed_to` None, and a verdict has at most one check.
    """
    nodes = tuple(
        NodeReport(name, _state(node.state), node.seconds, node.reason) for name, node in progress.nodes.items()
    )
    verdicts = [VerdictRecord(guard) for guard in progress.passed]
    verdicts += [VerdictRecord(guard, (_refusal(guard),)) for guard in progress.refused]
    return RunResult(run_id, _status(progress), nodes, tuple(verdicts))


def failure(progress: Progress, result: RunResult) -> dict[str, str | None] | None:
    """The `error` of the JSON for a run that failed, was ended from outside, or of which nothing is known."""
    if result.status == "interrupted":
        return _error("the run was terminated on the cluster")
    if result.status != "failed":
        return None
    name, node = next(((name, node) for name, node in progress.nodes.items() if node.state == "failed"), (None, None))
    if name is not None and node is not None:
        said = node.message or progress.message
        return _error(f"{name} failed" + (f": {said}" if said else ""), "its log is on the run's page", name)
    if progress.state == "SUCCEEDED":
        return _error("the run has ended, but the server tells nothing of its tasks", "see the run's page")
    return _error(progress.message or "the run failed", "see the run's page")


def _error(message: str, hint: str | None = None, node: str | None = None) -> dict[str, str | None]:
    return {"message": message, "hint": hint, "where": None, "node": node}


def _status(progress: Progress) -> Status:
    if progress.state == "CANCELED":
        return "interrupted"
    if progress.state == "FAILED" or any(node.state == "failed" for node in progress.nodes.values()):
        return "failed"
    for guard in progress.refused:
        return REFUSALS.get(guard, "refused")
    pusher = progress.nodes.get(_PUSHER)
    if pusher is None:
        return "stopped" if progress.told else "failed"
    return "pushed" if pusher.state in ("ran", "cached") else "failed"


def _state(state: str) -> NodeState:
    return state if state in ("ran", "cached", "failed") else "skipped"  # type: ignore[return-value]


def _refusal(guard: str) -> Check:
    return Check("verdict", False, f"the verdict of {guard} did not pass; its checks are in the run's metadata")
