"""What came of a deployment, for a person and for a program."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from graduate.pipeline.deploy.submit import Submitted
from graduate.pipeline.result import RunResult
from graduate.pipeline.view import style

_HEADLINES = {
    "pushed": ("✓", "green", "pushed: the model passed every check"),
    "refused": ("✗", "red", "refused: the model was not pushed"),
    "sick": ("✗", "red", "sick: the training was not sound; nothing was pushed"),
    "data_refused": ("✗", "red", "data refused: nothing was trained"),
    "failed": ("✗", "red", "failed"),
    "interrupted": ("■", "yellow", "terminated on the cluster"),
    "stopped": ("■", "cyan", "ended; this pipeline pushes nothing"),
}


def ended(result: RunResult, page: str, error: Mapping[str, Any] | None, seconds: float, *, colour: bool) -> str:
    """The summary of a run that was followed to its end."""
    paint = style.paint if colour else lambda text, *styles: text
    icon, hue, text = _HEADLINES[result.status]
    counted = [(state, sum(node.state == state for node in result.nodes)) for state in ("ran", "cached", "skipped")]
    told = ", ".join(f"{count} {state}" for state, count in counted if count)
    lines = [
        f"{paint(icon, hue, 'bold')} {paint(text, hue, 'bold')}",
        f"  {result.run_id}: {told or 'no node'}, followed for {style.seconds(seconds)}",
    ]
    if error:
        lines.append(f"  {error['message']}")
    if result.metrics:
        lines.append("  " + "   ".join(f"{name} {value:.4g}" for name, value in result.metrics.items()))
    if result.pushed_to:
        lines.append(f"  model {result.pushed_to}")
    lines += [
        f"  {verdict.source}: {reason}"
        for verdict in result.verdicts
        if not verdict.passed
        for reason in verdict.reasons
    ]
    return "\n".join([*lines, "", f"page  {page}"])


def started(submitted: Submitted, host: str) -> str:
    """What was started or scheduled, and how to go on."""
    if submitted.schedule_id:
        first = "scheduled" if submitted.created else "scheduled already, with the same version and parameters"
        return f"{first}: {submitted.schedule_id}\npage  {submitted.page}"
    follow = shlex.join(["graduate", "deploy", "--follow", str(submitted.run_id), "--host", host])
    return f"started: {submitted.run_id}\npage  {submitted.page}\n\nnext  {follow}"


def to_json(
    *,
    status: str,
    result: RunResult | None = None,
    submitted: Submitted | None = None,
    run_id: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The fields of `graduate run --json`, and what only a cluster has: `page`, `pipeline_id`, `version`, …

    `status` is also `submitted`, `scheduled` or `running`, of a run that has not ended.
    """
    base = (result or RunResult("", "stopped")).to_json()
    made = asdict(submitted) if submitted else dict.fromkeys(field.name for field in fields(Submitted))
    made.pop("created")
    return {
        **base,
        "error": None,
        "log": None,
        "seconds": None,
        **made,
        **more,
        "run_id": base["run_id"] or made["run_id"] or run_id,
        "status": status,
    }
