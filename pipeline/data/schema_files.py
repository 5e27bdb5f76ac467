"""Which schema a run obeys: the curated file that the config names, or the one kept in the work folder.

Imports nothing heavy: the light process fingerprints a run with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.components.schema_text import INFERRED, digest, read_text
from graduate.errors import UsageError
from graduate.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig


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
            hint="the path is relative to the config file; without the key, a schema is inferred from the data",
        )
    return path


def schema_params(config: PipelineConfig, workspace: Workspace) -> dict[str, Any]:
    """The constructor's arguments of the Schema node.

    `accepted` is "" while the kept schema is what was inferred: that it is kept now must not change the node's key.

    Raises:
        UsageError: the curated file is not there, or the schema that is obeyed is none.
    """
    path = curated(config)
    kept = workspace.schema(config.name)
    return {
        "curated": str(path or ""),
        "curated_hash": digest(read_text(path)) if path else "",
        "kept": str(kept),
        "accepted": "" if path else _accepted(kept),
    }


def schema_digest(config: PipelineConfig, workspace: Workspace) -> str:
    """What a run's fingerprint covers of the schema: the curated or accepted content, "" where it is inferred."""
    params = schema_params(config, workspace)
    return str(params["curated_hash"] or params["accepted"])


def _accepted(kept: Path) -> str:
    try:
        content = digest(read_text(kept))
    except FileNotFoundError:
        return ""
    try:
        inferred = kept.with_name(INFERRED).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        inferred = ""
    return "" if content == inferred else content
