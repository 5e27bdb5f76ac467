"""Which schema a run obeys: the curated file that the config names, or the one kept in the work folder. Imports nothing heavy."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.workspace import Workspace

INFERRED = "inferred.sha256"  # beside the kept schema: its digest when it was inferred


def curated(config: PipelineConfig) -> Path | None:
    """The curated schema that the config names, if it names one.

    Raises:
        UsageError: the file is not there.
    """
    if not config.schema_:
        return None
    path = config.input_path(config.schema_)
    if not path.is_file():
        raise UsageError(
            f"schema: {path} does not exist",
            where=config.source,
            hint="the path is relative to the config file; without the key, a schema is inferred from the training split",
        )
    return path


def schema_params(config: PipelineConfig, workspace: Workspace) -> dict[str, Any]:
    """The constructor's arguments of the Schema node.

    `accepted` is "" while the kept schema is what was inferred: that it has been kept since must not change the node's key.

    Raises:
        UsageError: the curated file is not there.
    """
    path = curated(config)
    kept = workspace.schema(config.name)
    return {
        "curated": str(path or ""),
        "curated_hash": digest(path.read_text(encoding="utf-8")) if path else "",
        "kept": str(kept),
        "accepted": "" if path else _accepted(kept),
    }


def schema_digest(config: PipelineConfig, workspace: Workspace) -> str:
    """What a run's fingerprint covers of the schema: the curated or accepted content, "" where it is inferred."""
    params = schema_params(config, workspace)
    return str(params["curated_hash"] or params["accepted"])


def digest(text: str) -> str:
    """SHA-256 of a schema's text without its comment lines, hexadecimal."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _accepted(kept: Path) -> str:
    try:
        content = digest(kept.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    try:
        inferred = kept.with_name(INFERRED).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        inferred = ""
    return "" if content == inferred else content
