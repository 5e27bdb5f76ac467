"""Kubeflow Pipelines' vocabulary, as its driver and launcher up to 2.17 write it into ML Metadata.

Types are `system.*`, a component's name is the property `task_name`, and every property is custom. Source: the package
`backend/src/v2` of github.com/kubeflow/pipelines, `metadata/client.go`, `driver/` and `component/`;
`docs/lineage_vocabularies.md` has the whole table.

**What Graduate says of a run.** On a laptop it stands in properties `graduate_…` of the run's context, which nobody can
write on a cluster. A pipeline that is compiled for Kubeflow carries it so, and that is what is read back:

- What is known before the run (`graduate_config`, `graduate_name`, `graduate_fingerprint`, …) are parameters of the
  *pipeline*, of type STRING, each with its value as the default. The root driver writes them into `inputs` of the
  run's root DAGExecution. No task takes one, so none is part of a task's cache key. One may be 10,000 characters long:
  what is longer goes on in `NAME__2`, `NAME__3` and so on.
- What a node finds out is one output parameter of its task, the struct `graduate_facts` (`metric_accuracy` of the
  Evaluator and so on), or one each (`graduate_metric_accuracy`), and so in `outputs` of its execution; an execution
  taken from the cache repeats them.
- Which parameters change the config stands in `graduate_changeable`: {parameter: key of the config}.
- A task's name is the node's id, as TFX's own compiler has it. What a condition guards is a sub-DAG, named
  `condition-NODE`; tasks in it keep the verdict as an input (`_DataGuard.verdict`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, ExecutionRow

NAME = "kubeflow"
RUN_KIND, PIPELINE_KIND = "system.PipelineRun", "system.Pipeline"
PREFIX, TFX_PREFIX = "system.", "tfx."
BRACKET = "system.DAGExecution"  # the run itself, a condition, a loop, one of its turns, a pipeline within
NAMING = ("task_name", "display_name")  # properties that `node` reads
INPUTS, OUTPUTS = "inputs", "outputs"  # structs: parameters taken, parameters given
GRADUATE = "graduate_"
FACTS = "graduate_facts"
CHANGEABLE = "changeable"  # the fact that tells which parameters change the config
LONGEST = 10_000  # characters of a parameter that Kubeflow takes
_NUMBERS = (f"{GRADUATE}seed", f"{GRADUATE}git_dirty")  # of a run: a pipeline's parameters are texts
_PLAIN = (str, int)  # values that are as they were written
_MARK = "store_session_info"  # the launcher puts it on each artifact that it records, with `display_name`
_STATES = {
    "complete": "ran",
    "cached": "cached",
    "failed": "failed",
    "new": "running",
    "running": "running",
    "canceled": "skipped",
}


def is_node(row: ExecutionRow) -> bool:
    """Containers and importers are; a DAGExecution is a bracket round several."""
    return row.type != BRACKET


def node(row: ExecutionRow, contexts: Sequence[ContextRow]) -> str:
    """The task's name, in the capitals of its display name where they differ in nothing but that and dashes."""
    task, shown = (str(row.properties.get(name) or "") for name in NAMING)
    if task != shown and " " not in shown and _letters(shown) == _letters(task):
        return shown
    return task or shown or row.name or row.type


def _letters(name: str) -> str:
    return "".join(one for one in name.lower() if one.isalnum())


def state(row: ExecutionRow) -> str:
    """What a condition skips is CANCELED there."""
    return _STATES.get(row.state, "unknown")


def parameters(row: ExecutionRow) -> Mapping[str, Any]:
    """One struct, `inputs`, in which every number is a double; what is said of the run is no parameter of the node."""
    return {name: value for name, value in taken(row).items() if not name.startswith(GRADUATE)}


def taken(row: ExecutionRow) -> dict[str, Any]:
    """Every parameter that an execution was given; what Graduate says of the run in one piece, its numbers as such."""
    found = joined(_struct(row, INPUTS))
    numbers = {name: int(found[name]) for name in _NUMBERS if str(found.get(name, "")).isdecimal()}
    return {**found, **numbers}


def pieces(name: str, text: str) -> dict[str, str]:
    """A fact as parameters, none longer than Kubeflow takes; `joined` puts them together again."""
    cut = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)] or [""]
    return {name if number == 1 else f"{name}__{number}": piece for number, piece in enumerate(cut, 1)}


def joined(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with every fact in one piece."""
    facts: dict[str, dict[int, str]] = {}
    for name, value in given.items():
        head, _, number = name.rpartition("__")
        if name.startswith(GRADUATE) and number.isdecimal():
            facts.setdefault(head, {})[int(number)] = str(value)
    found = {name: value for name, value in given.items() if name.rpartition("__")[0] not in facts}
    for name, parts in facts.items():
        found[name] = str(given.get(name, "")) + "".join(parts[number] for number in sorted(parts))
    return found


def given(row: ExecutionRow) -> dict[str, Any]:
    """Every parameter that an execution gave; what Graduate found out as one each."""
    found = _struct(row, OUTPUTS)
    facts = found.pop(FACTS, None)
    told = facts if isinstance(facts, Mapping) else {}
    return {**found, **{f"{GRADUATE}{name}": value for name, value in told.items()}}


def _struct(row: ExecutionRow, name: str) -> dict[str, Any]:
    found = row.properties.get(name)
    if not isinstance(found, Mapping):
        return {}
    return {key: whole(value) for key, value in found.items() if value is not None}


def artifact_kind(row: ArtifactRow) -> str:
    """TFX's types lose their prefix `tfx.`, Kubeflow's own `system.`: both have a Model."""
    return row.type.removeprefix(TFX_PREFIX).removeprefix(PREFIX)


def properties(row: ArtifactRow) -> dict[str, Any]:
    """What the component wrote: without the launcher's own two, lists and dicts out of their wrapping."""
    own = {_MARK, "display_name"} if _MARK in row.properties else ()
    return {
        name: value if isinstance(value, _PLAIN) else whole(_unwrapped(value))
        for name, value in row.properties.items()
        if name not in own
    }


def _unwrapped(value: Any) -> Any:
    """Metadata that is no number or text is a struct of one key that names what it was."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, inside),) = value.items()
        if (kind == "list" and isinstance(inside, list)) or (kind == "struct" and isinstance(inside, Mapping)):
            return inside
    return value


def whole(value: Any) -> Any:
    """Whole numbers as integers, also in lists and dicts."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, Mapping):
        return {name: whole(one) for name, one in value.items()}
    return value
