"""ML Metadata's messages and service without its database engine: `import ml_metadata` loads that too, 40 MB of it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
import types
from typing import Any, NamedTuple

_LOCK = threading.Lock()


class Protos(NamedTuple):
    """The generated modules."""

    messages: Any  # metadata_store_pb2
    requests: Any  # metadata_store_service_pb2
    service: Any  # metadata_store_service_pb2_grpc


def load() -> Protos:
    """The modules of the installed ml-metadata, the same objects that `import ml_metadata` uses before or after."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its C code writes to stderr what is raised here anyway
    with _LOCK:
        stand_in = None if "ml_metadata" in sys.modules else _package()
        if stand_in is not None:
            sys.modules["ml_metadata"] = stand_in
        try:
            return Protos(
                importlib.import_module("ml_metadata.proto.metadata_store_pb2"),
                importlib.import_module("ml_metadata.proto.metadata_store_service_pb2"),
                importlib.import_module("ml_metadata.proto.metadata_store_service_pb2_grpc"),
            )
        finally:
            if stand_in is not None:
                del sys.modules["ml_metadata"]  # who imports it later gets the real one


def _package() -> types.ModuleType:
    """The package as a place where modules lie, with nothing of its own run."""
    spec = importlib.util.find_spec("ml_metadata")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("No module named 'ml_metadata'", name="ml_metadata")
    made = types.ModuleType("ml_metadata")
    made.__path__ = list(spec.submodule_search_locations)
    return made
