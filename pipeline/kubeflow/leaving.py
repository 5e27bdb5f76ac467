"""What a step gives back: the file in which Kubeflow's launcher reads what became of its outputs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import files
from graduate.pipeline.facts import outcome
from graduate.pipeline.kubeflow.empties import remember
from graduate.pipeline.kubeflow.places import Mounts
from graduate.pipeline.kubeflow.tasks import FACTS, PASSED

if TYPE_CHECKING:  # `Start` has no artifacts, and is there before TensorFlow would be imported
    from tfx.types import artifact

    Artifacts = Mapping[str, Sequence[artifact.Artifact]]


def take_home(outputs: Artifacts, places: Mapping[str, str]) -> None:
    """Copy what an executor left elsewhere, as LastGraduate does, to where the launcher takes it from.

    Args:
        outputs: after the executor has run.
        places: where the launcher looks for each, by key.
    """
    for key, made in outputs.items():
        for one in made:
            if one.uri != places[key] and os.path.isdir(one.uri):
                shutil.copytree(one.uri, places[key], dirs_exist_ok=True)
                one.uri = places[key]
            remember(places[key])


def parameters(node: str, outputs: Artifacts, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a node gives, of those that its definition names."""
    from graduate.components import artifacts as own_artifacts

    found: dict[str, Any] = {}
    if PASSED in asked:
        found[PASSED] = int(own_artifacts.read_verdict(outputs["verdict"][0]).passed)
    if FACTS in asked:
        made = [outcome.Made(node, one.type_name, one.mlmd_artifact) for several in outputs.values() for one in several]
        found[FACTS] = outcome.of_artifacts(made)
    return found


def write(executor_input: Mapping[str, Any], outputs: Artifacts, given: Mapping[str, Any], mounts: Mounts) -> None:
    """Write the executor's output: metadata of artifacts and values of parameters, and each parameter's own file."""
    asked = executor_input["outputs"]
    uris = {key: one["artifacts"][0].get("uri", "") for key, one in asked.get("artifacts", {}).items()}
    back = _Backwards(uris, mounts)
    told = {
        "artifacts": {
            key: {"artifacts": [_runtime(one, asked["artifacts"][key]["artifacts"][0], back) for one in made]}
            for key, made in outputs.items()
        },
        "parameterValues": dict(given),
    }
    for name, value in given.items():
        file = asked.get("parameters", {}).get(name, {}).get("outputFile")
        if file:
            text = value if isinstance(value, str) else json.dumps(value)
            _write(mounts.local(file), text)
    _write(mounts.local(asked["outputFile"]), json.dumps(told, sort_keys=True))


def _write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    files.write_text(path, text)


def _runtime(made: artifact.Artifact, asked: Mapping[str, Any], back: _Backwards) -> dict[str, Any]:
    """As the launcher gave it, with what the executor found out."""
    return {"name": asked.get("name", ""), "uri": asked.get("uri", ""), "metadata": back.in_all(metadata_of(made))}


def metadata_of(made: artifact.Artifact) -> dict[str, Any]:
    """Every property, declared or custom, as JSON has it."""
    found: dict[str, Any] = {}
    told = made.mlmd_artifact
    for properties in (told.properties, told.custom_properties):
        for name, value in properties.items():
            which = value.WhichOneof("value")
            if which in ("int_value", "double_value", "string_value"):
                found[name] = getattr(value, which)
            elif which is not None:
                found[name] = made.get_json_value_custom_property(name)
    return found


class _Backwards:
    """From local paths to the URIs that mean the same to everybody else."""

    def __init__(self, uris: Mapping[str, str], mounts: Mounts) -> None:
        self._known = [(mounts.local(uri), uri) for uri in uris.values() if mounts.local(uri) != uri]
        self._mounts = mounts

    def in_all(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._text(value) if isinstance(value, str) else value for name, value in metadata.items()}

    def _text(self, text: str) -> str:
        for local, uri in self._known:
            if text == local or text.startswith(f"{local}/"):
                return uri + text[len(local) :]
        return self._mounts.everywhere(text) if text.startswith("/") else text


__all__ = ["metadata_of", "parameters", "take_home", "write"]
