"""Calls of ML Metadata's gRPC service: a deadline each, many at a time, pages to their end, errors as sentences."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from graduate.errors import UsageError, UserError
from graduate.pipeline.lineage.stores import problems
from graduate.pipeline.lineage.stores.address import Address

CONNECT, ANSWER = 3.0, 10.0  # seconds: for a server that is not there, and for one call
PAGE = 100  # the service gives no more at once, and where it is asked for more it gives 101 without a word of the rest
_IN_FLIGHT = 16
_TRIES = 3
_TOO_OLD = "it is older than this question, or another program listens on that port"


class MissingError(UserError):
    """The server is too old to know a call."""


class RefusedError(UserError):
    """The server does not take a request."""


class Calls:
    """The service at an address.

    Raises:
        MissingError: another service answers there.
        UserError: nobody answers there.
    """

    def __init__(self, place: Address) -> None:
        import grpc

        from graduate.pipeline.lineage.stores import protos

        self._grpc, self._place, self._protos = grpc, place, protos.load()
        self._channel = self._connected()
        self._service = self._protos.service.MetadataStoreServiceStub(self._channel)
        self._patience = CONNECT
        try:
            self.one("GetContextTypes", self.request("GetContextTypes"))
        except UserError:
            self.close()
            raise
        self._patience = ANSWER

    def close(self) -> None:
        """Give the connection back."""
        self._channel.close()

    def request(self, method: str, **fields: Any) -> Any:
        """An empty request of a method, or one with these fields."""
        return getattr(self._protos.requests, f"{method}Request")(**fields)

    def one(self, method: str, request: Any) -> Any:
        """One answer.

        Raises:
            MissingError: the server does not know the call.
            RefusedError: it does not take the request, such as a filter that it does not understand.
            UserError: it does not answer.
        """
        return next(self.many(method, [request]))

    def many(self, method: str, requests: Iterable[Any]) -> Iterator[Any]:
        """Answers in order of the requests, several of them on their way at a time; raises as `one`."""
        call, waiting = getattr(self._service, method), deque[tuple[Any, Any]]()
        for request in requests:
            waiting.append((request, call.future(request, timeout=self._patience)))
            if len(waiting) >= _IN_FLIGHT:
                yield self._answer(method, *waiting.popleft())
        while waiting:
            yield self._answer(method, *waiting.popleft())

    def pages(self, method: str, request: Any) -> Iterator[Any]:
        """Every page of an answer; raises as `one`. The request's options may say filter and order."""
        while True:
            request.options.max_result_size = min(request.options.max_result_size or PAGE, PAGE)
            answer = self.one(method, request)
            yield answer
            if not answer.next_page_token:
                return
            if answer.next_page_token == request.options.next_page_token:
                raise problems.of_server(self._place.where, f"{method} goes round in circles")
            request.options.next_page_token = answer.next_page_token

    def _answer(self, method: str, request: Any, coming: Any) -> Any:
        codes = self._grpc.StatusCode
        for left in reversed(range(_TRIES)):
            try:
                return coming.result()
            except self._grpc.RpcError as error:
                if error.code() == codes.NOT_FOUND:  # some calls say so of an unknown id, others give nothing
                    return getattr(self._protos.requests, f"{method}Response")()
                if error.code() not in (codes.UNAVAILABLE, codes.ABORTED) or not left:
                    raise self._problem(method, error) from error
            coming = getattr(self._service, method).future(request, timeout=self._patience)

    def _problem(self, method: str, error: Any) -> UserError:
        codes, where = self._grpc.StatusCode, self._place.where
        said = " ".join(str(error.details()).split())[:200]
        if error.code() == codes.UNIMPLEMENTED:
            return MissingError(f"the server does not know the call {method}", where=where, hint=_TOO_OLD)
        if error.code() in (codes.INVALID_ARGUMENT, codes.INTERNAL):
            return RefusedError(f"the server says to {method}: {said}", where=where)
        if error.code() == codes.UNAVAILABLE or self._patience == CONNECT:
            return problems.unreachable(where, CONNECT)
        if error.code() == codes.DEADLINE_EXCEEDED:
            return UserError(f"did not answer within {ANSWER:g} seconds", where=where, hint="is the server overloaded?")
        return problems.of_server(where, f"{error.code().name}: {said}")

    def _connected(self) -> Any:
        import grpc

        # an answer of a hundred runs is larger than the four megabytes that gRPC takes unasked
        options = [("grpc.max_receive_message_length", -1)]
        if self._place.host in ("localhost", "::1") or self._place.host.startswith("127."):
            options.append(("grpc.enable_http_proxy", 0))
        host = f"[{self._place.host}]" if ":" in self._place.host else self._place.host
        target = f"{host}:{self._place.port}"
        if "ssl_ca" in self._place.options:
            trusted = grpc.ssl_channel_credentials(_certificates(self._place))
            return grpc.secure_channel(target, trusted, options=options)
        return grpc.insecure_channel(target, options=options)


def _certificates(place: Address) -> bytes:
    file = Path(place.options["ssl_ca"])
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read", where=place.where, hint="ssl_ca names a PEM file") from error
