"""Where things lie in a container on Kubeflow, and how a simulation says that they lie elsewhere.

Kubeflow's launcher copies every input of a step from the object store to a folder of the container, and every output
back: `minio://bucket/key` to `/minio/bucket/key`, and so on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

ENVIRONMENT_VARIABLE = "GRADUATE_MOUNTS"
_STORES = {"minio": "/minio", "s3": "/s3", "gs": "/gcs", "oci": "/oci"}
SCHEMES = ("minio", "s3", "gs")
_SCHEME = re.compile(r"([a-z][a-z0-9]*)://")


def is_remote(path: str) -> bool:
    """Whether a path is a URI, such as of an object store."""
    return _SCHEME.match(path) is not None


def in_object_store(path: str) -> bool:
    """Whether a path is a URI of an object store that Kubeflow's launcher reads and writes."""
    found = _SCHEME.match(path)
    return found is not None and found[1] in SCHEMES


def in_container(uri: str) -> str:
    """The path at which the launcher puts an object; a path stays as it is."""
    found = _SCHEME.match(uri)
    if found is None or found[1] not in _STORES:
        return uri
    return f"{_STORES[found[1]]}/{uri[found.end() :]}"


class Mounts:
    """Prefixes of container paths, and what stands for them; in a container itself there are none.

    Args:
        mounts: {prefix: local path}; from the environment variable GRADUATE_MOUNTS if left out.
    """

    def __init__(self, mounts: Mapping[str, str] | None = None) -> None:
        given = json.loads(os.environ.get(ENVIRONMENT_VARIABLE) or "{}") if mounts is None else mounts
        self._mounts = sorted(given.items(), key=lambda item: -len(item[0]))

    def local(self, path: str) -> str:
        """Where a container path, or the object at a URI, lies here."""
        path = in_container(path)
        for prefix, place in self._mounts:
            if path == prefix or path.startswith(f"{prefix}/"):
                return place + path[len(prefix) :]
        return path

    def everywhere(self, path: str) -> str:
        """The reverse: what a local path is in a container, or in the object store where it came from."""
        for prefix, place in self._mounts:
            if path == place or path.startswith(f"{place}/"):
                path = prefix + path[len(place) :]
                break
        for scheme, folder in _STORES.items():
            if path.startswith(f"{folder}/"):
                return f"{scheme}://{path[len(folder) + 1 :]}"
        return path

    def locals_in(self, value: Any) -> Any:
        """A parameter with every path in it made local, also in JSON within a string."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.locals_in(one) for one in value]
        if isinstance(value, dict):
            return {key: self.locals_in(one) for key, one in value.items()}
        return value

    def _text(self, text: str) -> str:
        if text[:1] in "{[" and any(prefix in text for prefix, _ in self._mounts):
            try:
                return json.dumps(self.locals_in(json.loads(text)), sort_keys=True)
            except ValueError:
                return text
        return self.local(text) if text.startswith("/") else text
