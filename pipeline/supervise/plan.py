"""What a run is asked to do, decided in the light process: the request that the worker reads."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graduate.pipeline import fingerprint, object_stores
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.data import kinds, schema_files, source
from graduate.pipeline.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """A config with the fingerprint of everything that a run of it obeys; `example` is one of its raw files."""

    config: PipelineConfig
    workspace: Workspace
    fingerprint: fingerprint.Fingerprint
    example: str | None

    def request(self, run_id: str, *, runner: str, until: str | None, cache: bool, debug: bool) -> dict[str, Any]:
        """The worker's request; every field is plain JSON."""
        return {
            "run_id": run_id,
            "config": self.config.to_json(),
            "source": self.config.source,
            "workdir": str(self.workspace.root),
            "runner": runner,
            "until": until,
            "cache": cache,
            "debug": debug,
            "obeys": self.fingerprint.obeys,
            "content": self.fingerprint.content,
            "training_fingerprint": _training_fingerprint(self.fingerprint.obeys),
            "tuning_fingerprint": _tuning_fingerprint(self.fingerprint.obeys),
        }


def make(config: PipelineConfig, workspace: Workspace, until: str | None) -> Plan:
    """Look at the input and fingerprint the run; nothing heavy is imported.

    Raises:
        DataError, UsageError: the input is not there, or not what the config says.
    """
    object_stores.check(config)
    found = source.resolve(config, workspace)
    contents = source.read(found, workspace.cache)
    content = {"data": contents.digest, "schema": schema_files.schema_digest(config, workspace)}
    example = (
        os.path.join(found.path, contents.files[0].path) if found.kind in kinds.FOLDERS and contents.files else None
    )
    return Plan(config, workspace, fingerprint.compute(config, workspace, content, until), example)


def _training_fingerprint(obeys: Mapping[str, Mapping[str, Any]]) -> str:
    """Identifies a training: everything that it and the nodes before it obey. Its checkpoints are found by this."""
    before = ("ExampleGen", "Schema", "Transform", *(["Tuner"] if "Tuner" in obeys else []), "Trainer")
    upstream = {node: obeys[node] for node in before}
    return hashlib.sha256(json.dumps(upstream, sort_keys=True).encode()).hexdigest()[:16]


_OF_THE_SEARCH = ("trials", "algorithm", "metric", "seed", "space")


def _tuning_fingerprint(obeys: Mapping[str, Mapping[str, Any]]) -> str:
    """Identifies what a trial obeys besides its settings, which it is remembered by: a search with more
    trials or another algorithm goes on from those that there are."""
    if "Tuner" not in obeys:
        return ""
    own = tuple(f"config:tuning.{key}" for key in _OF_THE_SEARCH)
    upstream = {node: obeys[node] for node in ("ExampleGen", "Schema", "Transform")}
    upstream["Tuner"] = {key: value for key, value in obeys["Tuner"].items() if not key.startswith(own)}
    return hashlib.sha256(json.dumps(upstream, sort_keys=True).encode()).hexdigest()[:16]
