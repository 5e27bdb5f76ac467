"""What KServe's controller and TensorFlow Serving do with an InferenceService, as far as a roll-out sees it: the
version that the manifest's model config names is served by `graduate serve`'s own server, and the status is told.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from graduate.pipeline.model_ids import Model
from graduate.pipeline.serve.rest import Rest
from graduate.pipeline.serve.servable import Servable
from graduate.pipeline.serve.server import Server
from graduate.pipeline.serve.versions import Versions

_AT = ("serving.kserve.io", "v1beta1")


class StandIn:
    """Serves the InferenceServices of a namespace until the block ends.

    Args:
        client: of the Kubernetes API.
        namespace: whose InferenceServices.
        volumes: claim to the folder that it is here.
    """

    def __init__(self, client: Any, namespace: str, volumes: Mapping[str, Path]) -> None:
        from kubernetes.client import CustomObjectsApi

        self._api, self._namespace, self._volumes = CustomObjectsApi(client), namespace, volumes
        self._seen: dict[str, tuple[str, int]] = {}
        self._servers: list[Server] = []
        self._ends, self._thread = threading.Event(), threading.Thread(target=self._run)

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _run(self) -> None:
        while not self._ends.wait(0.2):
            for one in self._api.list_namespaced_custom_object(*_AT, self._namespace, "inferenceservices")["items"]:
                about = one["metadata"]
                if self._seen.get(about["name"]) != (about["uid"], about["generation"]):
                    self._seen[about["name"]] = (about["uid"], about["generation"])
                    self._look_at(one)

    def _look_at(self, service: Mapping[str, Any]) -> None:
        name, generation = service["metadata"]["name"], service["metadata"]["generation"]
        try:
            url = self._serve(name, service["spec"]["predictor"]["model"])
        except Exception as error:  # whatever keeps a model from being loaded
            failure = {"reason": "ModelLoadFailed", "message": f"{type(error).__name__}: {error}"[:300]}
            self._tell(name, {"modelStatus": {"transitionStatus": "BlockedByFailedLoad", "lastFailureInfo": failure}})
            return
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        told = {"conditions": [ready], "address": {"url": url}, "observedGeneration": generation}
        self._tell(name, {**told, "modelStatus": {"transitionStatus": "UpToDate", "lastFailureInfo": None}})

    def _serve(self, name: str, model: Mapping[str, Any]) -> str:
        """As the pod does: the claim at /mnt/models, TensorFlow Serving with the manifest's arguments."""
        from tensorflow_serving.config import model_server_config_pb2

        claim, _, inside = model["storageUri"].removeprefix("pvc://").partition("/")
        mounted = self._volumes[claim] / inside
        [argument] = model["args"]
        path = argument.removeprefix("--model_config_file=/mnt/models/")
        read = text_format.Parse((mounted / path).read_text(), model_server_config_pb2.ModelServerConfig())
        [config] = read.model_config_list.config
        [number] = config.model_version_policy.specific.versions
        assert (config.base_path, config.model_platform) == ("/mnt/models", "tensorflow")
        loaded = Servable(Model(config.name, number, mounted / str(number)))
        server = Server(0)
        server.api = Rest(Versions(loaded, None, Servable))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._servers.append(server)
        return server.url

    def _tell(self, name: str, status: Mapping[str, Any]) -> None:
        self._api.patch_namespaced_custom_object_status(
            *_AT, self._namespace, "inferenceservices", name, {"status": dict(status)}
        )
