"""What a compiled spec says of itself, without KFP's loader: its name, parameters, root, tasks and conditions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graduate.errors import UsageError

CONDITION = "condition-"  # a sub-DAG of this name runs what the node's verdict guards
_REMOTE = ("s3://", "minio://", "gs://")
_SCHEMA = "2.1.0"
_VERSION_DIGITS = 12  # of the digest, in a version's name: 48 bits


@dataclass(frozen=True)
class Task:
    """One node.

    Attributes:
        name: the node's id.
        guards: whose verdicts have to pass for it to run, the outermost first.
        after: the tasks of its own DAG that it waits for.
    """

    name: str
    guards: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """A pipeline spec.

    Attributes:
        name: the pipeline's.
        text: the YAML, byte for byte as it is uploaded; empty where it came from the server.
        tasks: in an order in which they can run.
        parameters: name to KFP's type of those that a run may be given.
        root: where artifacts go if the run does not say it.
    """

    name: str
    text: str
    tasks: tuple[Task, ...]
    parameters: Mapping[str, str]
    root: str | None = None

    @property
    def version(self) -> str:
        """The version's name: the same content is the same version."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:_VERSION_DIGITS]
        return f"{self.name}-{digest}"


def check_root(root: str | None, where: str) -> None:
    """Raise UsageError where artifacts would lie on a disk that no other container sees."""
    if root is not None and root.startswith(_REMOTE):
        return
    what = f"kubeflow.root is {root}" if root else "kubeflow.root is missing"
    raise UsageError(
        f"{what}: containers of a cluster share no folder",
        where=where,
        hint=f"an object store ({', '.join(_REMOTE)}): --root minio://mlpipeline/v2/artifacts, or kubeflow.root in the "
        "config; a local root is for graduate simulate",
    )


def parse(text: str, where: str) -> Spec:
    """A spec of the YAML that `graduate compile` writes.

    Raises:
        UsageError: it is none, or one of another schema.
    """
    import yaml

    try:
        documents = [document for document in yaml.load_all(text, _loader()) if document]
    except yaml.YAMLError as error:
        raise UsageError(f"no YAML: {' '.join(str(error).split())[:200]}", where=where) from None
    if not documents or not is_spec(documents[0]):
        raise UsageError("this is no pipeline spec", where=where, hint="graduate compile CONFIG -o FILE writes one")
    version = str(documents[0].get("schemaVersion"))
    if version != _SCHEMA:
        raise UsageError(
            f"a spec of schema {version}; Kubeflow Pipelines 2 takes {_SCHEMA} alone",
            where=where,
            hint="compile it again with this version of Graduate",
        )
    return of(documents[0], text)


def is_spec(document: Any) -> bool:
    """Whether a YAML document is a pipeline spec rather than a config."""
    return isinstance(document, Mapping) and "schemaVersion" in document and "root" in document


def of(document: Mapping[str, Any], text: str = "") -> Spec:
    """A spec of its first document; also in the form in which the server gives it back."""
    document = document.get("pipeline_spec") or document
    root = document["root"]
    inputs = (root.get("inputDefinitions") or {}).get("parameters") or {}
    return Spec(
        document["pipelineInfo"]["name"],
        text,
        tuple(_tasks(document, root.get("dag") or {}, ())),
        {name: str(said.get("parameterType") or "STRING") for name, said in inputs.items()},
        document.get("defaultPipelineRoot"),
    )


def _tasks(document: Mapping[str, Any], dag: Mapping[str, Any], guards: tuple[str, ...]) -> Iterator[Task]:
    tasks: Mapping[str, Any] = dag.get("tasks") or {}
    for name in _ordered({name: _after(task, tasks) for name, task in tasks.items()}):
        component = (document.get("components") or {}).get(tasks[name].get("componentRef", {}).get("name")) or {}
        if "dag" in component:
            guard = name.removeprefix(CONDITION)
            yield from _tasks(document, component["dag"], (*guards, guard) if name.startswith(CONDITION) else guards)
        else:
            yield Task(name, guards, _after(tasks[name], tasks))


def _after(task: Mapping[str, Any], beside: Mapping[str, Any]) -> tuple[str, ...]:
    """What a task waits for: named, or by what it takes."""
    inputs = task.get("inputs") or {}
    given = [*(inputs.get("artifacts") or {}).values(), *(inputs.get("parameters") or {}).values()]
    makers = [
        one.get(kind, {}).get("producerTask") for one in given for kind in ("taskOutputArtifact", "taskOutputParameter")
    ]
    found = [*(task.get("dependentTasks") or ()), *(maker for maker in makers if maker)]
    return tuple(name for name in dict.fromkeys(found) if name in beside)


def _ordered(after: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Names so that each stands behind what it waits for; otherwise as they came."""
    left = dict(after)
    while left:
        ready = [name for name, needs in left.items() if not any(need in left for need in needs)] or list(left)[:1]
        # one at a time: a node then stands right behind what it needed, as a person would list them
        yield ready[0]
        del left[ready[0]]


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
