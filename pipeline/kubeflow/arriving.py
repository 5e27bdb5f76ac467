"""What a step is given, as TFX's executors take it: artifacts with types, parameters as they were written.

Kubeflow's launcher hands over artifacts without a schema and every number as a double. What they are stands in the
arguments of the step, where the compiler wrote the component's definition.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tfx.types import artifact, standard_artifacts

from graduate.components import artifacts as own_artifacts
from graduate.pipeline.kubeflow.parameters import SET
from graduate.pipeline.kubeflow.places import Mounts

EMPTY = ".graduate-empty.json"  # what an object store does not keep: empty files and folders of an artifact


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


def restore(folder: str) -> None:
    """Make again what the object store did not keep of an artifact."""
    listed = Path(folder) / EMPTY
    if not listed.is_file():
        return
    told = json.loads(listed.read_text(encoding="utf-8"))
    for name in told["folders"]:
        (Path(folder) / name).mkdir(parents=True, exist_ok=True)
    for name in told["files"]:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def remember(folder: str) -> None:
    """Write down the empty files and folders of an artifact that is about to go into an object store."""
    found: dict[str, list[str]] = {"files": [], "folders": []}
    for kind, name in _empty(folder):
        found[kind].append(name)
    if any(found.values()) or not os.listdir(folder):  # without any file there would be nothing at the URI
        text = json.dumps({kind: sorted(names) for kind, names in found.items()})
        (Path(folder) / EMPTY).write_text(text, encoding="utf-8")


def _empty(folder: str) -> Iterator[tuple[str, str]]:
    for place, folders, names in os.walk(folder):
        if not folders and not names and place != folder:
            yield "folders", os.path.relpath(place, folder)
        for name in names:
            path = os.path.join(place, name)
            if os.path.getsize(path) == 0:
                yield "files", os.path.relpath(path, folder)


__all__ = ["artifacts", "changes", "parameters", "remember", "restore"]
