"""Why a node ran or was cached, as text."""

from __future__ import annotations

from collections.abc import Iterator

from graduate.pipeline.lineage import text_behind
from graduate.pipeline.lineage.text_behind import Paint, labelled
from graduate.pipeline.lineage.text_why import local
from graduate.pipeline.lineage.why_node import WhyNode
from graduate.pipeline.view import style

_MOST = 6


def text(told: WhyNode, *, everything: bool = False, width: int = 100, colour: bool = False) -> str:
    """The whole answer."""
    paint: Paint = style.paint if colour else text_behind.plain
    return "\n".join(_lines(told, everything, width, paint))


def _lines(told: WhyNode, everything: bool, width: int, paint: Paint) -> Iterator[str]:
    yield _head(told, paint)
    if told.artifact is not None:
        there = {True: "", False: " (its files are gone)", None: " (not on this machine)"}[told.artifact.present]
        yield from labelled("at", f"{told.artifact.uri}{there}", width, paint)
    if told.execution is None:
        yield "  no execution gave it: somebody imported it, or its execution was deleted"
        return
    yield from labelled("because", told.reason or _because(told), width, paint)
    yield from labelled("error", told.error, width, paint)
    if told.taken_from is not None:
        other = told.taken_from
        yield from labelled("from", f"execution {other.execution} of run {other.run or 'unknown'}", width, paint)
    if told.before is not None:
        yield from labelled(
            "compared", f"with execution {told.before.execution} of run {told.before.run}", width, paint
        )
    changes = [change.text for change in told.changes if everything or change.text not in told.reason]
    shown = changes if everything else changes[:_MOST]
    for at, change in enumerate(shown):
        yield from labelled("obeys" if at == 0 else "", change, width, paint)
    if len(changes) > len(shown):
        yield from labelled("", f"and {len(changes) - len(shown)} more (--all)", width, paint)
    for one in told.inputs:
        by = f", given by {', '.join(one.given_by)}" if one.given_by else ""
        before = ", ".join(map(str, one.before)) or "none"
        now = ", ".join(map(str, one.after))
        yield from labelled("input", f"{one.slot}: artifact {before} → {now}{by}", width, paint)
    for verdict in told.verdicts:
        said = "passed" if verdict.passed else "refused"
        why = f": {verdict.reasons[0]}" if verdict.reasons else ""
        yield from labelled("verdict", f"{said}{why}", width, paint)
    if told.taken_by:
        some = told.taken_by if everything else told.taken_by[:3]
        more = f" and {len(told.taken_by) - len(some)} more" if len(told.taken_by) > len(some) else ""
        yield from labelled("taken by", f"{', '.join(some)}{more}, from the cache", width, paint)


def _head(told: WhyNode, paint: Paint) -> str:
    node = f"{told.node} (execution {told.execution})"
    name = paint(told.label, "bold")
    if told.execution is None:
        return name
    state = {"ran": "ran", "cached": "was taken from the cache", "failed": "failed", "running": "is running"}.get(
        told.state, f"is {told.state}"
    )
    took = f", in {style.seconds(told.seconds)}" if told.seconds is not None and told.state != "running" else ""
    when = f", {local(told.started)}" if told.started else ""
    run = f" in {told.run}" if told.run else ""
    subject = name if told.artifact is None else f"{name}: {node}"
    return f"{subject} {state}{run}{when}{took}"


def _because(told: WhyNode) -> str:
    """Where the run wrote no reason down."""
    if told.state == "cached":
        return "nothing that it obeys has changed since"
    if told.changes or told.inputs:
        return "what it obeys, or its input, is another than before"
    if told.before is not None:
        return "not in the cache: it obeys the same as before"
    return "first run" if told.state in ("ran", "failed", "running") else ""
