"""A double of ML Metadata's gRPC server, on loopback.

The server itself is released as a container image alone, not as a package. What is published is the definition of its
service, and the engine behind it: `ml_metadata.MetadataStore`. This is the service of the one over the other, so that
requests, answers and errors are those of the real engine on SQLite.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import ml_metadata
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from ml_metadata.proto import metadata_store_service_pb2 as messages

_SERVICE = messages.DESCRIPTOR.services_by_name["MetadataStoreService"]
# Not among the calls that the engine's Python extension has.
_PARENTS = "GetParentContextsByContexts"


class Double:
    """A server that is running.

    Attributes:
        port: on 127.0.0.1.
        calls: names of the calls that came, in order.
        lacking: calls that it does not know, as an older server.
        slow: seconds that every call takes.
        without_associations: `GetLineageSubgraph` leaves them out, as servers before 1.14 do.
        without_types: rows tell the number of their type alone, as servers before 1.0 do.
        without_filters: filters are not looked at, as servers do that do not know them.
    """

    def __init__(self, path: Path, tls: tuple[bytes, bytes] | None = None) -> None:
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(path)
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = ml_metadata.MetadataStore(config)
        self.calls: list[str] = []
        self.lacking: Collection[str] = ()
        self.slow = 0.0
        self.without_associations = self.without_types = self.without_filters = False
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        handlers = {method.name: self._handler(method.name) for method in _SERVICE.methods}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE.full_name, handlers),))
        if tls is None:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        else:
            self.port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([tls]))
        self._server.start()

    @property
    def url(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    def end(self) -> None:
        """Stop listening."""
        self._server.stop(None).wait()

    def _handler(self, name: str) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(name, request, context),
            request_deserializer=getattr(messages, f"{name}Request").FromString,
            response_serializer=getattr(messages, f"{name}Response").SerializeToString,
        )

    def _answer(self, name: str, request: Any, context: grpc.ServicerContext) -> Any:
        time.sleep(self.slow)
        if name in self.lacking:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
        if self.without_filters and hasattr(request, "options"):
            request.options.ClearField("filter_query")
        with self._lock:
            self.calls.append(name)
            try:
                return self._as_older(name, self._asked(name, request))
            except errors.StatusError as error:
                code = next(code for code in grpc.StatusCode if code.value[0] == error.error_code)
                context.abort(code, str(error))

    def _asked(self, name: str, request: Any) -> Any:
        if name == _PARENTS:
            response = messages.GetParentContextsByContextsResponse()
            for one in request.context_ids:
                if parents := self.store.get_parent_contexts_by_context(one):
                    response.contexts[one].parent_contexts.extend(parents)
            return response
        response = getattr(messages, f"{name}Response")()
        call = getattr(metadata_store.metadata_store_serialized, name)
        self.store._pywrap_cc_call(call, request, response)
        return response

    def _as_older(self, name: str, response: Any) -> Any:
        if self.without_associations and name == "GetLineageSubgraph":
            response.lineage_subgraph.ClearField("associations")
        for field in ("contexts", "executions", "artifacts") if self.without_types else ():
            if name != _PARENTS:
                for one in getattr(response, field, ()):
                    one.ClearField("type")
        return response


@contextlib.contextmanager
def double(path: Path, tls: tuple[bytes, bytes] | None = None) -> Iterator[Double]:
    """A server over a store, ended at the end."""
    running = Double(path, tls)
    try:
        yield running
    finally:
        running.end()
