"""The server: on the loopback address alone, a thread a connection, with a page to try the model on."""

from __future__ import annotations

import errno
import http.server
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from graduate.errors import UserError
from graduate.pipeline.serve import page, rest

ADDRESS = "127.0.0.1"
LIMIT = 64 << 20  # bytes of a request's body
JSON = "application/json"
# Another name in a request's Host is a page elsewhere whose name was made to lead here (DNS rebinding).
_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_PATIENCE = 30.0  # seconds for a request to arrive
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; media-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Server(http.server.ThreadingHTTPServer):
    """A server of one model. It listens once it is made, and answers once it has an `api`.

    Args:
        port: 0 takes a free one.
        debug: print the traceback of what is not expected.

    Raises:
        UserError: the port is taken, or may not be used.
    """

    daemon_threads = True
    api: rest.Rest

    def __init__(self, port: int, *, debug: bool = False) -> None:
        self.debug, self._busy, self._lock = debug, 0, threading.Lock()
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise _unusable(port, error) from error

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While a request is answered."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def finish(self, seconds: float = 5.0) -> None:
        """Wait for the requests in progress."""
        end = time.monotonic() + seconds
        while self._busy and time.monotonic() < end:
            time.sleep(0.01)

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is nothing to tell."""
        if self.debug or not isinstance(sys.exception(), ConnectionError | TimeoutError):
            traceback.print_exc()


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    server: Server  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server_version = "graduate"
    sys_version = ""

    def do_GET(self) -> None:
        """The page and its files, the model's status and metadata."""
        with self.server.busy():
            self._answer()

    def do_POST(self) -> None:
        """A prediction."""
        with self.server.busy():
            self._answer()

    def _answer(self) -> None:
        if refused := self._refused():
            self._refuse(*refused)
            return
        path = self.path.partition("?")[0]
        size = self._size()
        if size is None:
            self._refuse(411, "the request needs a Content-Length")
        elif size > LIMIT:
            self._too_large(size)
        elif self.command == "GET" and (found := page.file(path, self.server.api.versions)):
            self._send(200, found.kind, found.body)
        elif path.startswith(rest.PREFIX):
            self._reply(self.command, path, self.rfile.read(size) if size else b"")
        else:
            self._refuse(404, f"there is nothing at {path[:200]}: the model is at /v1/models/…, the page at /")

    def _reply(self, method: str, path: str, body: bytes) -> None:
        try:
            reply = self.server.api.reply(method, path, body)
        except Exception as error:
            if self.server.debug:
                traceback.print_exc()
            said = f"{type(error).__name__}: {str(error)[:300]}"
            print(f"graduate serve did not expect this, at {path}: {said}", file=sys.stderr, flush=True)
            reply = rest.failed(500, f"graduate did not expect this; it is a defect of graduate: {said}")
        self._send(reply.status, JSON, reply.body)

    def _refused(self) -> tuple[int, str] | None:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not _NAMES.fullmatch(hosts[0].strip()):
            return 421, "graduate serve answers on this machine's own address alone"
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{hosts[0].strip()}":
            return 403, "another site may not ask this"
        if self.headers.get("Sec-Fetch-Site") == "cross-site" and self.headers.get("Sec-Fetch-Mode") != "navigate":
            return 403, "another site may not ask this"
        if not self.path.startswith("/") or self.path.startswith("//"):
            return 400, "not a path"
        return None

    def _size(self) -> int | None:
        """The length of the body; None where it is not told."""
        told = self.headers.get("Content-Length")
        if told is None:
            return 0 if self.command == "GET" and "Transfer-Encoding" not in self.headers else None
        return int(told) if told.isascii() and told.isdigit() else None

    def handle_expect_100(self) -> bool:
        """A client that asks before it sends much: a body that is too large is refused before it is sent."""
        size = self._size()
        if size is not None and size <= LIMIT:
            return super().handle_expect_100()
        self._refuse(413, _too_much(size or 0))
        return False

    def _too_large(self, size: int) -> None:
        left = min(size, 4 * LIMIT)  # read and dropped, or the client would see a broken connection and no reason
        while left > 0 and (block := self.rfile.read(min(left, 1 << 20))):
            left -= len(block)
        self._refuse(413, _too_much(size))

    def _refuse(self, status: int, why: str) -> None:
        self.close_connection = True
        self._send(status, JSON, rest.failed(status, why).body)

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        if status == 405:
            self.send_header("Allow", "GET, POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses: a method that is not ours, a line that is too long."""
        status = 405 if code == 501 else code
        self._refuse(status, "graduate serve takes GET and POST" if status == 405 else message or "bad request")

    def log_message(self, format: str, *args: object) -> None:
        """A line for every request would drown what matters."""


def _too_much(size: int) -> str:
    return f"the request has {size} bytes, more than the {LIMIT} that graduate serve takes"


def _unusable(port: int, error: OSError) -> UserError:
    free = "--port 0 takes a free one"
    if error.errno == errno.EADDRINUSE:
        return UserError(f"port {port} is in use", hint=f"another server may run there; {free}")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UserError(f"port {port} may not be used by you", hint=f"take one above 1023; {free}")
    return UserError(f"cannot listen on {ADDRESS}:{port}: {error.strerror or error}", hint=free)
