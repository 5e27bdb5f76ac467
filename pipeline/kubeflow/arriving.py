"""What a step is given, as TFX's executors take it: artifacts with types, parameters as they were written.

Kubeflow's launcher hands over artifacts without a schema and every number as a double. What they are stands in the
arguments of the step, where the compiler wrote the component's definition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from tfx.types import artifact, standard_artifacts

from graduate.components import artifacts as own_artifacts
from graduate.pipeline.kubeflow.parameters import SET
from graduate.pipeline.kubeflow.places import Mounts


def parameters(given: Mapping[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name, whole numbers as such; those that change others apart from them are `changes`."""
    kinds = {name: one["parameterType"] for name, one in definition.get("parameters", {}).items()}
    return {name: _typed(value, kinds.get(name, "")) for name, value in given.items() if not name.startswith(SET)}


def changes(given: Mapping[str, Any], definition: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """{key of the config: value} of the pipeline's parameters that this task obeys."""
    kinds = {name: one["parameterType"] for name, one in definition.get("parameters", {}).items()}
    return {
        keys[name.removeprefix(SET)]: _typed(value, kinds.get(name, ""))
        for name, value in given.items()
        if name.startswith(SET) and name.removeprefix(SET) in keys
    }


def _typed(value: Any, kind: str) -> Any:
    if kind == "NUMBER_INTEGER" and isinstance(value, float):
        return int(value)
    if kind == "NUMBER_DOUBLE" and isinstance(value, int):
        return float(value)
    return value


def artifacts(
    given: Mapping[str, Any], definition: Mapping[str, Any], mounts: Mounts
) -> dict[str, list[artifact.Artifact]]:
    """Artifacts by key, each of its TFX type, with its files' local path as URI."""
    kinds = {key: one["artifactType"]["schemaTitle"] for key, one in definition.get("artifacts", {}).items()}
    return {
        key: [_artifact(one, kinds[key], mounts) for one in listed.get("artifacts", [])]
        for key, listed in given.items()
        if key in kinds
    }


def _artifact(told: Mapping[str, Any], kind: str, mounts: Mounts) -> artifact.Artifact:
    made = _types()[kind]()
    made.uri = mounts.local(told.get("uri", ""))
    made.name = told.get("name", "")
    declared = made.PROPERTIES or {}
    for name, value in (told.get("metadata") or {}).items():
        if name in declared:
            setattr(made, name, _declared(value, declared[name]))
        else:
            _custom(made, name, value)
    return made


def _declared(value: Any, kind: Any) -> Any:
    if kind.type == artifact.PropertyType.INT:
        return int(value)
    return value if kind.type != artifact.PropertyType.STRING or isinstance(value, str) else json.dumps(value)


def _custom(made: artifact.Artifact, name: str, value: Any) -> None:
    """Every number comes as a double: one without a fraction was whole, as all that our components write."""
    if isinstance(value, bool):
        made.set_int_custom_property(name, int(value))
    elif isinstance(value, int | float):
        if float(value).is_integer():
            made.set_int_custom_property(name, int(value))
        else:
            made.set_float_custom_property(name, float(value))
    elif isinstance(value, str):
        made.set_string_custom_property(name, value)
    else:
        made.set_json_value_custom_property(name, value)


@cache
def _types() -> dict[str, Any]:
    """Artifact classes by the names that the spec has for them."""
    found: dict[str, Any] = {"system.Dataset": standard_artifacts.Examples}
    for kind in vars(standard_artifacts).values():
        if isinstance(kind, type) and issubclass(kind, artifact.Artifact) and kind.TYPE_NAME:
            found[f"tfx.{kind.TYPE_NAME}"] = kind
    for kind in vars(own_artifacts).values():
        if isinstance(kind, type) and issubclass(kind, artifact.Artifact) and kind.TYPE_NAME:
            found[kind.TYPE_NAME if "." in kind.TYPE_NAME else f"tfx.{kind.TYPE_NAME}"] = kind
    return found


__all__ = ["artifacts", "changes", "parameters"]
