"""The server: on the loopback address alone, for reading alone, a store opened anew for every request.

So a run in progress is seen as it is on the next load, and a store that was deleted or locked gives a page that says
so.
"""

from __future__ import annotations

import errno
import http.server
import re
import sys
import traceback
from collections.abc import Callable

from graduate.errors import UserError
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.ui import answers, frame, response
from graduate.pipeline.lineage.ui.response import Response

ADDRESS = "127.0.0.1"
# Another name in a request's Host is a page elsewhere whose name was made to lead here (DNS rebinding).
_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_PATIENCE = 30.0  # seconds for a request to arrive

Opener = Callable[[], Records]


class Server(http.server.ThreadingHTTPServer):
    """A server of one store.

    Args:
        port: 0 takes a free one.
        opener: opens the store.
        where: what people see of it.
        debug: print the traceback of what is not expected.

    Raises:
        UserError: the port is taken, or may not be used.
    """

    daemon_threads = True

    def __init__(self, port: int, opener: Opener, where: str, *, debug: bool = False) -> None:
        self.opener, self.where, self.debug = opener, where, debug
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise _unusable(port, error) from error

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{ADDRESS}:{self.server_address[1]}/"

    def answer(self, target: str, framed: bool) -> Response:
        """The answer to a GET; whatever goes wrong is a page too."""
        try:
            return answers.answer(self.opener, self.where, target, framed=framed)
        except UserError as error:
            status = 404 if error.exit_code == 2 else 503
            return frame.failure("This cannot be shown", str(error), error.hint, where=self.where, status=status)
        except Exception as error:
            if self.debug:
                traceback.print_exc()
            said = f"{type(error).__name__}: {error}"
            print(f"graduate ui did not expect this, at {target}: {said}", file=sys.stderr)
            hint = "It is a defect of graduate, not of your store: graduate ui --debug prints where it happened."
            return frame.failure("This was not expected", said[:400], hint, where=self.where, status=500)

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
        """A page, a file or a style."""
        self._send(self._answered())

    def do_HEAD(self) -> None:
        """The headers of the same."""
        self._send(self._answered(), body=False)

    def _answered(self) -> Response:
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or not _NAMES.fullmatch(hosts[0].strip()):
            return _refusal(421, "graduate ui answers on this machine's own address alone")
        if self.headers.get("Sec-Fetch-Site") == "cross-site" and self.headers.get("Sec-Fetch-Mode") != "navigate":
            return _refusal(403, "another site may not read this")
        if not self.path.startswith("/") or self.path.startswith("//"):
            return _refusal(400, "not a path")
        return self.server.answer(self.path, framed=self.headers.get("Sec-Fetch-Dest") == "iframe")

    def _send(self, answer: Response, *, body: bool = True) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses: a method that is not ours, a line that is too long."""
        self.close_connection = True
        status = 405 if code == 501 else code
        answer = _refusal(status, "graduate ui only reads: GET and HEAD" if status == 405 else message or "bad request")
        self._send(answer, body=self.command != "HEAD")

    def log_message(self, format: str, *args: object) -> None:
        """A line for every request would drown what matters."""


def _refusal(status: int, why: str) -> Response:
    allow = (("Allow", "GET, HEAD"),) if status == 405 else ()
    return Response(status, response.TEXT, f"{why}\n".encode(), response.policy(), (*allow, ("Connection", "close")))


def _unusable(port: int, error: OSError) -> UserError:
    if error.errno == errno.EADDRINUSE:
        return UserError(f"port {port} is in use", hint="--port 0 takes a free one")
    if error.errno in (errno.EACCES, errno.EPERM):
        return UserError(f"port {port} may not be used by you", hint="take one above 1023; --port 0 takes a free one")
    return UserError(f"cannot listen on {ADDRESS}:{port}: {error.strerror or error}", hint="--port 0 takes a free one")
