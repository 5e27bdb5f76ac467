"""Whether a run has anything to do: decided in the light process, before TensorFlow or TFX is imported."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate.pipeline import record
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.obeys import node_obeys
from graduate.pipeline.obeys.code import CodeDigests
from graduate.pipeline.result import NodeReport, RunResult
from graduate.pipeline.workspace import Workspace


@dataclass(frozen=True)
class Fingerprint:
    """What a run obeys. `whole` identifies the run, `obeys` says per node what its cache key covers."""

    whole: str
    obeys: Mapping[str, Mapping[str, Any]]
    content: Mapping[str, str]


def compute(config: PipelineConfig, workspace: Workspace, content: Mapping[str, str], until: str | None) -> Fingerprint:
    """Fingerprint a run.

    Args:
        config: the resolved config.
        workspace: its cache keeps digests of code between commands.
        content: digests of what lies outside the config: `data`, `schema`.
        until: the node to stop after, if any.
    """
    code = CodeDigests(workspace.cache / "code.json")
    obeys = node_obeys(config, code, content)
    if workspace.root.is_dir() and os.access(workspace.root, os.W_OK):
        code.save()
    push_to = str(workspace.push_to(config.name, config.push.to))
    values = config.to_json()
    whole = json.dumps([obeys, values["name"], push_to, until, _libraries()], sort_keys=True)
    return Fingerprint(hashlib.sha256(whole.encode()).hexdigest(), obeys, dict(content))


def unchanged(workspace: Workspace, name: str, fingerprint: str) -> RunResult | None:
    """The earlier result, if the latest finished run obeyed the same and what it pushed still serves; else None."""
    latest = record.latest_finished(record.read_runs(workspace, name))
    if latest is None or latest.result is None or latest.fingerprint != fingerprint:
        return None
    result = latest.result
    if result.pushed_to is not None and not _serves(Path(result.pushed_to)):
        return None
    nodes = tuple(
        NodeReport(
            node.node, "skipped" if node.state == "skipped" else "cached", 0.0, f"unchanged since {result.run_id}"
        )
        for node in result.nodes
    )
    return result.with_(nodes=nodes, unchanged=True)


def _serves(version: Path) -> bool:
    """TensorFlow Serving takes the highest version."""
    if not (version / "saved_model.pb").is_file():
        return False
    versions = [int(entry.name) for entry in version.parent.iterdir() if entry.name.isdigit()]
    return max(versions) == int(version.name)


def _libraries() -> str:
    """The installed distributions with their versions, and Python's own, from one directory listing."""
    site = sysconfig.get_paths()["purelib"]
    installed = sorted(
        name for name in os.listdir(site) if name.endswith(".dist-info") and not name.startswith("graduate-")
    )
    return hashlib.sha256(json.dumps([sys.version, installed]).encode()).hexdigest()[:16]
