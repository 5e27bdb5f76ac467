"""What stands behind a run: config, data, schema, code, libraries; of older runs from their nodes.

Runs record facts since `pipeline/facts`; what ran before, or under another program, tells as much by the parameters of
its nodes and by its Examples.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graduate.pipeline.facts import code
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run

_NAMES = ("config", "data_digest", "rows", "rows_train", "rows_eval", "rows_test", "span", "schema_digest",
          "schema_source", "git_commit", "git_branch", "git_dirty", "own_git_commit", "own_git_dirty", "code_digest",
          "user_code", "libraries", "libraries_digest", "lock_file", "lock_hash", "seed", "device", "strategy",
          "runner")  # fmt: skip
# The properties of a run's context that this module reads
PROPERTIES = tuple(f"graduate_{name}" for name in _NAMES)
# Parameters of nodes; Kubeflow keeps all of them in `inputs`
_PARAMETERS = ("digest", "obeys", "curated", "curated_hash", "accepted", "inputs")
_OF_ARTIFACTS = ("rows", "span", "input_fingerprint")
_SPLITS = ("train", "eval", "test")


@dataclass(frozen=True)
class Data:
    """The rows that came in.

    Attributes:
        digest: of the pairs (path, content hash) of all source files; TFX's own fingerprint where another program ran.
        rows: how many; None where nobody wrote it down.
        splits: rows by split.
        span: TFX's span; None where there is none.
        manifest: the number of the artifact that lists them; None where there is none.
    """

    digest: str = ""
    rows: int | None = None
    splits: Mapping[str, int] = field(default_factory=dict)
    span: int | None = None
    manifest: int | None = None


@dataclass(frozen=True)
class Schema:
    """The schema that the data was held against.

    Attributes:
        digest: of its content where somebody wrote or accepted it.
        source: `curated` (a file that the config names), `accepted`, `inferred`, or "" where nobody wrote it down.
        uri: where it lies.
    """

    digest: str = ""
    source: str = ""
    uri: str = ""


@dataclass(frozen=True)
class Code:
    """The code that ran.

    Attributes:
        commit: of the checkout that the config lies in; `branch` and `dirty` likewise.
        own_commit: of Graduate's own checkout where that is another; `own_dirty` likewise.
        digest: of Graduate's modules that the run obeys; `users` the digests of the user's files by name.
    """

    commit: str = ""
    branch: str = ""
    dirty: bool | None = None
    own_commit: str = ""
    own_dirty: bool | None = None
    digest: str = ""
    users: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Behind:
    """All of it; what nobody wrote down is empty."""

    config: Mapping[str, Any] = field(default_factory=dict)
    data: Data = field(default_factory=Data)
    schema: Schema = field(default_factory=Schema)
    code: Code = field(default_factory=Code)
    libraries: Mapping[str, str] = field(default_factory=dict)
    libraries_digest: str = ""
    lock_hash: str = ""
    seed: int | None = None
    device: str = ""
    strategy: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def of_runs(records: Records, runs: Sequence[Run], *, whole: bool = False) -> dict[str, Behind]:
    """What stands behind runs, by their ids.

    Args:
        records: the store.
        runs: read with PROPERTIES at least.
        whole: look for the artifacts of data and schema too, also of runs that recorded their digests.
    """
    asked = [run for run in runs if whole or "data_digest" not in run.facts]
    nodes = _nodes(records, asked)
    given = _artifacts(records, nodes)
    return {run.id: _behind(run, nodes.get(run.id, ()), given) for run in runs}


def _nodes(records: Records, runs: Sequence[Run]) -> dict[str, list[Execution]]:
    """Executions by run."""
    if not runs:
        return {}
    owned = records.store.executions_of_contexts([run.context for run in runs])
    found: dict[str, list[Execution]] = {}
    for one in records.executions({one for ids in owned.values() for one in ids}, only=_PARAMETERS):
        found.setdefault(one.run, []).append(one)
    return found


def _artifacts(records: Records, nodes: Mapping[str, Collection[Execution]]) -> dict[int, list[Artifact]]:
    """The first Examples, Manifest and Schema that those nodes gave which bring data in or a schema, by execution."""
    makers = {one.id for executions in nodes.values() for one in executions if _brings(one)}
    first: dict[tuple[str, int], int] = {}  # the first of each kind tells; of spans there may be hundreds
    for kind in ("Examples", "graduate.Manifest", "Schema") if makers else ():
        for event in records.events(executions=makers, kinds=(kind,), output=True, tell="times"):
            first.setdefault((kind, event.execution), event.artifact)
    ids = set(first.values())
    artifacts = {one.id: one for one in records.artifacts(ids=ids, only=_OF_ARTIFACTS)} if ids else {}
    found: dict[int, list[Artifact]] = {}
    for (_, execution), number in first.items():
        found.setdefault(execution, []).append(artifacts[number])
    return found


def _brings(execution: Execution) -> bool:
    return "ExampleGen" in execution.node or execution.node in ("Schema", "SchemaGen", "ImportSchemaGen")


def _behind(run: Run, nodes: Collection[Execution], given: Mapping[int, Sequence[Artifact]]) -> Behind:
    facts = run.facts
    made = [artifact for node in nodes for artifact in given.get(node.id, ())]
    return Behind(
        config=run.config,
        data=_data(facts, nodes, made),
        schema=_schema(facts, nodes, made),
        code=_code(facts, nodes),
        libraries=facts["libraries"] if isinstance(facts.get("libraries"), Mapping) else {},
        libraries_digest=_text(facts, "libraries_digest"),
        lock_hash=_text(facts, "lock_hash"),
        seed=_seed(run),
        device=_text(facts, "device"),
        strategy=_text(facts, "strategy"),
    )


def _seed(run: Run) -> int | None:
    training = run.config.get("training")
    found = run.facts.get("seed", training.get("seed") if isinstance(training, Mapping) else None)
    return found if isinstance(found, int) else None


def _data(facts: Mapping[str, Any], nodes: Collection[Execution], made: Sequence[Artifact]) -> Data:
    examples = next((one for one in made if one.kind == "Examples"), None)
    manifest = next((one for one in made if one.kind == "graduate.Manifest"), None)
    told = dict(examples.properties) if examples else {}
    digest = _text(facts, "data_digest") or _parameter(nodes, "digest") or str(told.get("input_fingerprint") or "")
    rows = _number(facts.get("rows"))
    if rows is None and manifest is not None:
        rows = _number(manifest.properties.get("rows"))
    splits = {name: facts[f"rows_{name}"] for name in _SPLITS if isinstance(facts.get(f"rows_{name}"), int)}
    span = _number(facts.get("span", told.get("span")))
    return Data(digest, rows, splits, span, manifest.id if manifest else None)


def _schema(facts: Mapping[str, Any], nodes: Collection[Execution], made: Sequence[Artifact]) -> Schema:
    uri = next((one.uri for one in made if one.kind == "Schema"), "")
    if "schema_source" in facts:
        return Schema(_text(facts, "schema_digest"), _text(facts, "schema_source"), uri)
    curated, accepted = _parameter(nodes, "curated_hash"), _parameter(nodes, "accepted")
    known = any("accepted" in node.parameters for node in nodes)
    source = "curated" if curated else "accepted" if accepted else "inferred" if known else ""
    return Schema(curated or accepted, source, uri)


def _code(facts: Mapping[str, Any], nodes: Collection[Execution]) -> Code:
    users = facts.get("user_code")
    if "code_digest" not in facts:
        # a run that ended early obeys less: a digest of all modules would call that a change
        _, users = code.split({str(node.id): obeyed(node) for node in nodes})
    return Code(
        commit=_text(facts, "git_commit"),
        branch=_text(facts, "git_branch"),
        dirty=_flag(facts, "git_dirty"),
        own_commit=_text(facts, "own_git_commit"),
        own_dirty=_flag(facts, "own_git_dirty"),
        digest=_text(facts, "code_digest"),
        users=users if isinstance(users, Mapping) else {},
    )


def obeyed(execution: Execution) -> dict[str, Any]:
    """What a node obeys: config keys and digests of code; empty where another program ran it."""
    told = execution.parameters.get("obeys")
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except ValueError:
            return {}
    return dict(told) if isinstance(told, Mapping) else {}


def _parameter(nodes: Collection[Execution], name: str) -> str:
    return next((str(node.parameters[name]) for node in nodes if node.parameters.get(name)), "")


def _text(facts: Mapping[str, Any], name: str) -> str:
    return str(facts[name]) if facts.get(name) not in (None, "") else ""


def _flag(facts: Mapping[str, Any], name: str) -> bool | None:
    return bool(facts[name]) if name in facts else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
