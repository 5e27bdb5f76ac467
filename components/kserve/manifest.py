"""The InferenceService of a pushed version, and the file that makes TensorFlow Serving serve that version alone.

A folder of versions is mounted whole, and TensorFlow Serving takes the highest number in it by itself: then pods that
were never told would serve what was not checked yet, and a roll-out could not be taken back. So each version has a
model config of its own (`kserve/NUMBER.config` beside the versions), and the manifest names it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graduate import files
from graduate.publish import Version

GROUP, API_VERSION, KIND, PLURAL = "serving.kserve.io", "v1beta1", "InferenceService", "inferenceservices"
FILE, CONFIGS = "inferenceservice.yaml", "kserve"
_SETTINGS = "settings.json"  # in CONFIGS: what was asked for, for who pushes without a config
VERSION, CONTENT = "graduate/version", "graduate/content"  # annotations
_MOUNTED = "/mnt/models"  # where KServe puts what `storageUri` names


@dataclass(frozen=True)
class Settings:
    """What the config says of serving.

    Attributes:
        name: the InferenceService's, and the model's name in requests.
        storage_uri: the folder of pushed versions as KServe reads it: `pvc://claim/folder`.
        namespace: where it is; "" for the one of the run.
        apply: whether the manifest is applied and the roll-out waited for.
        timeout_s: seconds a roll-out may take.
        service_account: whose pods they are, if not the namespace's own.
        min_replicas: replicas at least.
        cpu, memory: of a replica, requested and no more; None for the serving runtime's own.
    """

    name: str
    storage_uri: str
    namespace: str = ""
    apply: bool = False
    timeout_s: int = 600
    service_account: str | None = None
    min_replicas: int = 1
    cpu: float | None = None
    memory: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """From JSON; a key that is not known is a TypeError."""
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """As `of` reads it."""
        return asdict(self)


def manifest(settings: Settings, version: Version) -> dict[str, Any]:
    """The InferenceService that serves this version."""
    model: dict[str, Any] = {
        "modelFormat": {"name": "tensorflow", "version": "2"},
        "protocolVersion": "v1",
        "storageUri": settings.storage_uri,
        "args": [f"--model_config_file={_MOUNTED}/{CONFIGS}/{version.number}.config"],
    }
    if amounts := _amounts(settings):
        model["resources"] = {"requests": amounts, "limits": dict(amounts)}
    predictor: dict[str, Any] = {"minReplicas": settings.min_replicas, "model": model}
    if settings.service_account:
        predictor["serviceAccountName"] = settings.service_account
    metadata: dict[str, Any] = {
        "name": settings.name,
        "labels": {"app.kubernetes.io/name": settings.name, "app.kubernetes.io/managed-by": "graduate"},
        "annotations": {VERSION: str(version.number), CONTENT: str(version.card.get("content") or "")},
    }
    if settings.namespace:
        metadata["namespace"] = settings.namespace
    return {
        "apiVersion": f"{GROUP}/{API_VERSION}",
        "kind": KIND,
        "metadata": metadata,
        "spec": {"predictor": predictor},
    }


def model_config(name: str, number: int) -> str:
    """TensorFlow Serving's model config, a ModelServerConfig in text: this version under this name."""
    return (
        "model_config_list {\n"
        "  config {\n"
        f'    name: "{name}"\n'
        f'    base_path: "{_MOUNTED}"\n'
        '    model_platform: "tensorflow"\n'
        f"    model_version_policy {{ specific {{ versions: {number} }} }}\n"
        "  }\n"
        "}\n"
    )


def write(settings: Settings, version: Version) -> dict[str, Any]:
    """Write the manifest, the model config and the settings beside the pushed versions; returns the manifest.

    Configs of versions that are gone go too.
    """
    import yaml

    place = version.folder.parent
    found = manifest(settings, version)
    files.write_text(place / CONFIGS / f"{version.number}.config", model_config(settings.name, version.number))
    head = f"# Serves version {version.number} by KServe: kubectl apply -f {FILE}\n"
    files.write_text(place / FILE, head + yaml.safe_dump(found, sort_keys=False))
    keep(settings, place)
    for config in sorted((place / CONFIGS).glob("*.config")):
        if not (place / config.stem).is_dir():
            config.unlink(missing_ok=True)
    return found


def keep(settings: Settings, place: Path) -> None:
    """Write the settings beside the pushed versions."""
    files.write_text(place / CONFIGS / _SETTINGS, json.dumps(settings.to_json(), sort_keys=True))


def kept(place: Path) -> Settings | None:
    """The settings that lie beside pushed versions; None where there are none, or another release wrote them."""
    try:
        return Settings.of(json.loads((place / CONFIGS / _SETTINGS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def storage_uri(claim: str, mount: str, push_to: str) -> str:
    """`pvc://claim/folder` of a folder on a mounted claim."""
    inside = os.path.relpath(Path(push_to), Path(mount))
    return f"pvc://{claim}" if inside == "." else f"pvc://{claim}/{inside}"


def _amounts(settings: Settings) -> dict[str, str]:
    amounts = {"cpu": None if settings.cpu is None else f"{settings.cpu:g}", "memory": settings.memory}
    return {name: amount for name, amount in amounts.items() if amount}
