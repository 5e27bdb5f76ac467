"""A compiled pipeline spec as it is read from its file: checked, and with what belongs to a task brought together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.simulate import values

SCHEMA_VERSION = "2.1.0"
VERSION, CONFIG = "graduate_version", "graduate_config"  # pipeline parameters that carry what Graduate says of a run
_AGAIN = "compile it again: graduate compile CONFIG -o {}"


@dataclass(frozen=True)
class Component:
    """One component: its ports, and either a DAG or what an executor does.

    Attributes:
        name: its key in the spec.
        inputs, outputs: `inputDefinitions` and `outputDefinitions`.
        dag: its DAG, or None.
        container, importer: its executor, or None.
        kubernetes: what the platform spec says of its executor.
    """

    name: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    dag: Mapping[str, Any] | None = None
    container: Mapping[str, Any] | None = None
    importer: Mapping[str, Any] | None = None
    kubernetes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tasks(self) -> Mapping[str, Mapping[str, Any]]:
        """The tasks of its DAG by name."""
        return (self.dag or {}).get("tasks") or {}

    def parameters(self, side: str = "inputs") -> Mapping[str, Mapping[str, Any]]:
        """Definitions of its input or output parameters by name."""
        return getattr(self, side).get("parameters") or {}

    def artifacts(self, side: str = "inputs") -> Mapping[str, Mapping[str, Any]]:
        """Definitions of its input or output artifacts by name."""
        return getattr(self, side).get("artifacts") or {}


@dataclass(frozen=True)
class Spec:
    """A whole spec; `root` is the component that is the pipeline."""

    path: str
    pipeline: str
    root: Component
    components: Mapping[str, Component]
    pipeline_root: str

    def of(self, task: Mapping[str, Any]) -> Component:
        """The component of a task."""
        return self.components[task["componentRef"]["name"]]

    def default(self, name: str) -> Any:
        """The default of a pipeline parameter; None where there is none."""
        return self.root.parameters().get(name, {}).get("defaultValue")

    @property
    def config(self) -> Mapping[str, Any]:
        """The config that Graduate compiled, as far as the spec carries it; empty for a spec of somebody else's."""
        try:
            told = json.loads(self.default(CONFIG) or "{}")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def nodes(self, component: Component | None = None) -> Iterator[str]:
        """The names of all tasks that do something, sub-DAGs' too, in the order of the spec."""
        inside = component or self.root
        for name, task in _ordered(inside):
            below = self.of(task)
            if below.dag is None:
                yield name
            else:
                yield from self.nodes(below)


def read(path: str) -> Spec:
    """Read and check a spec.

    Raises:
        UsageError: there is no such file, it is no spec, or one that cannot be simulated.
    """
    documents = _documents(path)
    told = documents[0]
    _recognise(path, told)
    _check_form(path, told)
    platform = documents[1] if len(documents) > 1 else {}
    spec = _assembled(path, told, _kubernetes(path, platform))
    _check_version(spec)
    for component in (spec.root, *spec.components.values()):
        _check_dag(spec, component)
    return spec


def upstream(task: Mapping[str, Any]) -> list[str]:
    """The tasks beside a task that it waits for: those it names, and those whose outputs it takes."""
    found = list(task.get("dependentTasks") or ())
    inputs = task.get("inputs") or {}
    for one in (inputs.get("parameters") or {}).values():
        found += [one[kind]["producerTask"] for kind in ("taskOutputParameter", "taskFinalStatus") if kind in one]
    for one in (inputs.get("artifacts") or {}).values():
        found += [one["taskOutputArtifact"]["producerTask"]] if "taskOutputArtifact" in one else []
    return list(dict.fromkeys(found))


def _documents(path: str) -> list[dict[str, Any]]:
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"cannot be read: {why}", where=path, hint=_AGAIN.format("pipeline.yaml")) from error
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found = [one for one in yaml.load_all(text, Loader=loader) if one is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise UsageError(
            f"is damaged: {getattr(error, 'problem', None) or error}", where=where, hint=_AGAIN.format(path)
        ) from error
    if not found or not all(isinstance(one, dict) for one in found):
        raise UsageError("is no pipeline spec", where=path, hint=_AGAIN.format(path))
    return found


def _recognise(path: str, told: Mapping[str, Any]) -> None:
    """Tell what else it may be that somebody has at hand."""
    if told.get("kind") == "Workflow" or "apiVersion" in told:
        raise UsageError("is a manifest of Kubernetes, not a pipeline spec of Kubeflow Pipelines 2", where=path)
    if "pipelineSpec" in told:
        raise UsageError(
            "is a pipeline job, which Kubeflow Pipelines does not take either", where=path, hint=_AGAIN.format(path)
        )
    if "task" in told and "data" in told:
        raise UsageError(
            "is a config, not a compiled spec",
            where=path,
            hint=f"graduate compile {path} -o pipeline.yaml, then: graduate simulate pipeline.yaml",
        )
    missing = [key for key in ("pipelineInfo", "root", "schemaVersion") if key not in told]
    if missing:
        raise UsageError(f"is no pipeline spec: it has no {missing[0]}", where=path, hint=_AGAIN.format(path))
    if told["schemaVersion"] != SCHEMA_VERSION:
        raise UsageError(
            f"has schema version {told['schemaVersion']}; Kubeflow Pipelines takes {SCHEMA_VERSION} alone",
            where=path,
            hint=_AGAIN.format(path),
        )


def _check_form(path: str, told: Mapping[str, Any]) -> None:
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    try:
        json_format.ParseDict(dict(told), pipeline_spec_pb2.PipelineSpec())
        json_format.ParseDict(
            dict(told.get("deploymentSpec") or {}),
            pipeline_spec_pb2.PipelineDeploymentConfig(),
            ignore_unknown_fields=True,
        )
    except (json_format.ParseError, TypeError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"is damaged: {why[:300]}", where=path, hint=_AGAIN.format(path)) from error


def _kubernetes(path: str, platform: Mapping[str, Any]) -> Mapping[str, Any]:
    if not platform:
        return {}
    if "platforms" not in platform:
        raise UsageError("its second document is no platform spec", where=path, hint=_AGAIN.format(path))
    told = (platform["platforms"] or {}).get("kubernetes") or {}
    return (told.get("deploymentSpec") or {}).get("executors") or {}


def _assembled(path: str, told: Mapping[str, Any], kubernetes: Mapping[str, Any]) -> Spec:
    executors = (told.get("deploymentSpec") or {}).get("executors") or {}

    def component(name: str, given: Mapping[str, Any]) -> Component:
        label = given.get("executorLabel", "")
        if label and label not in executors:
            raise UsageError(f"component {name} has the executor {label}, which is not there", where=path)
        executor = executors.get(label) or {}
        unknown = [kind for kind in executor if kind not in ("container", "importer")]
        if unknown:
            raise UsageError(f"executor {label} is a {unknown[0]}, which Kubeflow Pipelines does not run", where=path)
        return Component(
            name,
            given.get("inputDefinitions") or {},
            given.get("outputDefinitions") or {},
            given.get("dag"),
            executor.get("container"),
            executor.get("importer"),
            kubernetes.get(label) or {},
        )

    return Spec(
        path=path,
        pipeline=told["pipelineInfo"]["name"],
        root=component("root", told["root"]),
        components={name: component(name, given) for name, given in (told.get("components") or {}).items()},
        pipeline_root=told.get("defaultPipelineRoot") or "",
    )


def _check_version(spec: Spec) -> None:
    import graduate

    told = spec.default(VERSION)
    if told is not None and told != graduate.__version__:
        raise UsageError(
            f"was compiled by graduate {told}; this is {graduate.__version__}",
            where=spec.path,
            hint=_AGAIN.format(spec.path),
        )


def _check_dag(spec: Spec, component: Component) -> None:
    if component.dag is None and component.container is None and component.importer is None:
        raise UsageError(f"component {component.name} has nothing to run", where=spec.path)
    if component.container is not None and not _command(component.container):
        raise UsageError(f"the container of component {component.name} has no command", where=spec.path)
    for name, task in component.tasks.items():
        where = f"task {name}"
        if task.get("parameterIterator") or task.get("artifactIterator"):
            raise UsageError(f"{where} is a loop: loops are not simulated", where=spec.path)
        wanted = (task.get("componentRef") or {}).get("name")
        if wanted not in spec.components:
            raise UsageError(f"{where} has the component {wanted}, which is not there", where=spec.path)
        strangers = [other for other in upstream(task) if other not in component.tasks]
        if strangers:
            raise UsageError(f"{where} waits for {strangers[0]}, which is not beside it", where=spec.path)
    if len(list(_ordered(component))) < len(component.tasks):
        raise UsageError(f"the tasks of {component.name} wait for each other in a circle", where=spec.path)


def _command(container: Mapping[str, Any]) -> list[str]:
    return [*(container.get("command") or ()), *(container.get("args") or ())]


def _ordered(component: Component) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tasks of a DAG, each after those that it waits for; without those that wait in a circle."""
    waiting = dict(component.tasks)
    done: set[str] = set()
    while ready := [name for name, task in waiting.items() if done.issuperset(upstream(task))]:
        done.add(ready[0])
        yield ready[0], waiting.pop(ready[0])


def runtime_parameters(spec: Spec, given: Mapping[str, str]) -> dict[str, Any]:
    """The run's parameters: what was given, and defaults for the rest.

    Args:
        spec: which has their types.
        given: text by name, as a command line has it.

    Raises:
        UsageError: an unknown one, one of another type, one that is missing.
    """
    from graduate.pipeline.cli._parser import suggest

    known = spec.root.parameters()
    told: dict[str, Any] = {}
    for asked, text in given.items():
        name = asked if asked in known else asked.replace(".", "_")  # as the config has it
        if name not in known:
            near = suggest(name, known)
            shown = [one for one in known if not one.startswith("graduate_")]
            hint = f"did you mean {near}?" if near else f"parameters: {', '.join(shown) or 'none'}"
            raise UsageError(f"--param {asked}: the pipeline has no such parameter", where=spec.path, hint=hint)
        kind = known[name].get("parameterType", "STRING")
        try:
            told[name] = values.parsed(text, kind)
        except ValueError as error:
            raise UsageError(f"--param {name}={text}: {error}", hint=f"the parameter is a {kind}") from error
    for name, definition in known.items():
        if name not in told and "defaultValue" in definition:
            told[name] = values.doubles(definition["defaultValue"])
        elif name not in told and not definition.get("isOptional"):
            raise UsageError(f"the parameter {name} has no default", where=spec.path, hint=f"--param {name}=VALUE")
        elif name not in told:
            told[name] = None
    return told
