"""Writes executions into a store through ML Metadata's own API, with contexts, events and states as TFX gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ml_metadata
from ml_metadata.proto import metadata_store_pb2 as mlmd

COMPLETE, CACHED, FAILED, RUNNING = (
    mlmd.Execution.COMPLETE,
    mlmd.Execution.CACHED,
    mlmd.Execution.FAILED,
    mlmd.Execution.RUNNING,
)
# Where TFX takes the name of an execution's type from: the component's class
_MODULES = {
    "ExampleGen": "graduate.pipeline.data.example_gen",
    "StatisticsGen": "graduate.pipeline.data.statistics",
    "Schema": "graduate.components.schema",
    "ExampleValidator": "tfx.components.example_validator.component",
    "DataGuard": "graduate.components.data_guard",
    "Transform": "graduate.pipeline.transform",
    "Trainer": "tfx.components.trainer.component",
    "GradientDiagnostics": "graduate.components.gradient_diagnostics",
    "LastGraduate": "graduate.components.last_graduate",
    "Evaluator": "graduate.components.evaluator",
    "Gate": "graduate.components.gate",
    "Pusher": "graduate.components.pusher",
}


def opened(path: Path) -> ml_metadata.MetadataStore:
    """A store at a path, made where it is missing."""
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(path)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return ml_metadata.MetadataStore(config)


def set_value(value: mlmd.Value, given: Any) -> None:
    """A property's value as TFX writes it: a list or dict as a struct."""
    if isinstance(given, bool | int):
        value.int_value = int(given)
    elif isinstance(given, float):
        value.double_value = given
    elif isinstance(given, str):
        value.string_value = given
    else:
        value.struct_value.update({"__value__": given})


@dataclass
class Writer:
    """One store, and what has been written to it."""

    store: ml_metadata.MetadataStore
    root: Path
    types: dict[tuple[str, str], int] = field(default_factory=dict)

    def context(self, kind: str, name: str) -> int:
        """A context, made where it is missing."""
        found = self.store.get_context_by_type_and_name(kind, name)
        if found is not None:
            return found.id
        type_id = self.store.put_context_type(mlmd.ContextType(name=kind), can_add_fields=True)
        return self.store.put_contexts([mlmd.Context(type_id=type_id, name=name)])[0]

    def artifact(self, kind: str, uri: str, **properties: Any) -> mlmd.Artifact:
        """An artifact that is not in the store yet."""
        made = mlmd.Artifact(type_id=self._type("artifact", kind), uri=uri, state=mlmd.Artifact.LIVE)
        for key, value in {"is_external": 0, "tfx_version": "1.16.0", **properties}.items():
            set_value(made.custom_properties[key], value)
        return made

    def execution(
        self,
        pipeline: str,
        run: str,
        node: str,
        inputs: Mapping[str, Sequence[int]],
        outputs: Mapping[str, Sequence[mlmd.Artifact]],
        parameters: Mapping[str, Any] | None = None,
        state: int = COMPLETE,
    ) -> list[int]:
        """Write an execution with its events; an output with an id is one that was found in the cache.

        Returns:
            The ids of the outputs, in order.
        """
        kind = f"{_MODULES.get(node, 'graduate.components')}.{node}"
        execution = mlmd.Execution(type_id=self._type("execution", kind), last_known_state=state)
        for key, value in (parameters or {}).items():
            set_value(execution.custom_properties[key], value if isinstance(value, int | float) else _text(value))
        pairs = []
        for key, ids in inputs.items():
            for at, artifact in enumerate(self.store.get_artifacts_by_id(list(ids))):
                pairs.append((artifact, _event(mlmd.Event.INPUT, key, at)))
        for key, made in outputs.items():
            pairs += [(artifact, _event(mlmd.Event.OUTPUT, key, at)) for at, artifact in enumerate(made)]
        contexts = [
            *self.store.get_contexts_by_id(
                [
                    self.context("pipeline", pipeline),
                    self.context("pipeline_run", run),
                    self.context("node", f"{pipeline}.{node}"),
                ]
            )
        ]
        _, ids, _ = self.store.put_execution(execution, pairs, contexts)
        return ids[sum(map(len, inputs.values())) :]

    def folder(self, pipeline: str, node: str, slot: str) -> Path:
        """A new folder for an output, as TFX names it."""
        above = self.root / "artifacts" / pipeline / node / slot
        above.mkdir(parents=True, exist_ok=True)
        made = above / str(len(list(above.iterdir())) + 1)
        made.mkdir()
        return made

    def _type(self, what: str, name: str) -> int:
        if (what, name) not in self.types:
            if what == "artifact":
                made = mlmd.ArtifactType(name=name)
                self.types[what, name] = self.store.put_artifact_type(made, can_add_fields=True, can_omit_fields=True)
            else:
                made = mlmd.ExecutionType(name=name)
                self.types[what, name] = self.store.put_execution_type(made, can_add_fields=True)
        return self.types[what, name]


def _event(kind: int, key: str, index: int) -> mlmd.Event:
    event = mlmd.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = index
    return event


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
