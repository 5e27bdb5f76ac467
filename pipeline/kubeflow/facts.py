"""What a spec says of the run that it will be: parameters of the pipeline that no task takes.

Kubeflow records a run's parameters with it, so `graduate lineage` reads them back from a cluster's store
(`lineage/vocabulary/kubeflow.py`), and none of them is part of a task's cache key. Nothing in them depends on the
machine that compiles: only on the config, the code and the checkout they lie in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graduate
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.facts import code, locks
from graduate.pipeline.facts.checkout import Asking
from graduate.pipeline.facts.secrets import masked
from graduate.pipeline.kubeflow.parameters import Changeable
from graduate.pipeline.lineage.vocabulary import kubeflow as vocabulary

_OWN = Path(__file__).resolve().parents[2]


def facts(
    config: PipelineConfig, changeable: list[Changeable], obeys: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """{"graduate_config": …}: every value a text; what is longer than Kubeflow takes is in pieces."""
    schema = str(obeys["Schema"].get("schema", ""))
    own, users = code.split(obeys)
    values = config.to_json()
    told: dict[str, Any] = {
        "config": json.dumps(values, sort_keys=True),
        "name": config.name,
        "fingerprint": _fingerprint(obeys),
        "version": graduate.__version__,
        "runner": "kubeflow",
        "config_file": Path(config.source).name,
        "seed": str(config.training.seed),
        "schema_source": "curated" if config.schema_ else "inferred",
        "code_digest": own,
        "changeable": json.dumps({one.name: one.key for one in changeable}, sort_keys=True),
        **({"schema_digest": schema} if schema else {}),
        **({"user_code": json.dumps(users, sort_keys=True)} if users else {}),
        **_checkout(config),
    }
    texts = {f"{vocabulary.GRADUATE}{name}": str(masked(value)) for name, value in told.items()}
    return {piece: part for name, text in texts.items() for piece, part in vocabulary.pieces(name, text).items()}


def _fingerprint(obeys: Mapping[str, Mapping[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(obeys, sort_keys=True).encode()).hexdigest()


def _checkout(config: PipelineConfig) -> dict[str, Any]:
    """The commit that the config lies in, and the lock that the image is made from."""
    source = Path(config.source).resolve()
    files = [source, *(file.resolve() for file in config.user_modules.values())]
    found = Asking(source.parent, [path for path in files if path.is_file()], remote=True).answer()
    told: dict[str, Any] = {}
    if found is not None and found.commit:
        told = {"git_commit": found.commit, "git_branch": found.branch, "git_dirty": int(found.dirty)}
        elsewhere = found.remote and not found.remote.startswith(("/", ".", "file:"))  # and no folder of this machine
        told |= {"git_remote": found.remote} if elsewhere else {}
    lock = locks.nearest(_OWN, _OWN)
    digest = locks.digest(lock) if lock else None
    return {**told, **({"lock_hash": digest} if digest else {})}
