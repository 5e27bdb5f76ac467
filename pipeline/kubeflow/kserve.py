"""What a config says of serving by KServe, as the Pusher takes it. A run on a laptop pushes to no volume of a cluster,
and has none of it."""

from __future__ import annotations

import json

from graduate.components.kserve.manifest import Settings, storage_uri
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.kubeflow import platform
from graduate.pipeline.kubeflow.asked import push_to


def settings(config: PipelineConfig) -> str:
    """JSON of `Settings`; "" where the config asks for no KServe. The pushed versions lie on a volume: `checks.py`."""
    assert config.kubeflow is not None
    asked = config.kubeflow.kserve
    if asked is None:
        return ""
    place = push_to(config)
    volumes = platform.volumes_of(config.kubeflow, "Pusher", place)
    volume = max((one for one in volumes if platform.covers(one, place)), key=lambda one: len(one.mount))
    found = Settings(
        name=asked.name or service_name(config.name),
        storage_uri=storage_uri(volume.claim, volume.mount, place),
        namespace=asked.namespace or "",
        apply=asked.apply,
        timeout_s=asked.timeout_s,
        service_account=asked.service_account,
        min_replicas=asked.min_replicas,
        cpu=asked.cpu,
        memory=asked.memory,
    )
    return json.dumps(found.to_json(), sort_keys=True)


def service_name(pipeline: str) -> str:
    """A pipeline's name as one of a Kubernetes service: no underscores, and none at the end."""
    return pipeline.replace("_", "-").rstrip("-")
