"""The states of a run's nodes, and the runs whose nodes are in given states."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes, vocabulary
from graduate.pipeline.lineage.records import Records, Run

RAN = "ran"


def states(records: Records, runs: Sequence[Run]) -> dict[str, dict[str, str]]:
    """By run: node → one of `vocabulary.STATES`. From what the run recorded, otherwise from its executions.

    Executions do not tell what was skipped.
    """
    found = {run.id: _recorded(run) for run in runs}
    asked = [run for run in runs if not found[run.id]]
    owned = records.store.executions_of_contexts([run.context for run in asked]) if asked else {}
    for one in records.executions({one for ids in owned.values() for one in ids}, only=()):
        if one.run in found and one.type not in (pushes.ROLLBACK, pushes.OVERRIDE):
            found[one.run][one.node] = one.state
    return found


def _recorded(run: Run) -> dict[str, str]:
    nodes, result = run.facts.get("nodes"), run.facts.get("result")
    if isinstance(nodes, Mapping):
        return {str(node): str(state) for node, state in nodes.items()}
    if isinstance(result, Mapping):
        return {str(one["node"]): str(one["state"]) for one in result.get("nodes", ())}
    return {}


def chosen(records: Records, runs: Sequence[Run], wanted: Collection[tuple[str, str | None]]) -> list[Run]:
    """Those of the runs in which every node is in its state; None is that it ran.

    Raises:
        UsageError: no run has such a node, or there is no such state; with the nearest.
    """
    from graduate.pipeline.cli._parser import suggest

    told = states(records, runs)
    nodes = sorted({node for one in told.values() for node in one})
    for node, state in wanted:
        for word, known, what in ((node, nodes, "node"), (state or RAN, vocabulary.STATES, "state")):
            if word not in known and (what == "state" or nodes):
                near = suggest(word, known)
                hint = f"did you mean {near}?" if near else f"{what}s: {', '.join(known)}"
                raise UsageError(f"--node {node}{f'={state}' if state else ''}: there is no {what} {word}", hint=hint)
    return [run for run in runs if all(told[run.id].get(node) == (state or RAN) for node, state in wanted)]
