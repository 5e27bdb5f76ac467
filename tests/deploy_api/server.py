"""A server that speaks Kubeflow Pipelines' API v2beta1 on a real socket, in a process of its own: `python server.py`.

What comes and what it answers is held against the published definition (`definition.py`), an uploaded pipeline against
KFP's own message types. Tests steer it by `POST /_steer` (settings and faults) and ask what came by `GET /_seen`.
"""

from __future__ import annotations

import email
import email.policy
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import backend
import definition

OPERATIONS = definition.operations()


class State:
    """Settings, faults and what came."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.settings: dict[str, Any] = {"token": None, "cookie": None}
        self.faults: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.misfits: list[str] = []
        self.backend = backend.Backend()

    def fault(self, name: str) -> dict[str, Any] | None:
        """The fault that this request meets, if any."""
        with self.lock:
            for fault in self.faults:
                if fault["operation"] in (name, "*") and fault.get("times", 1) > 0:
                    if fault.get("after", 0) > 0:
                        fault["after"] -= 1
                        return None
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return None


STATE = State()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._any()

    do_POST = do_DELETE = do_GET

    def _any(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path)
        if path.path == "/_seen":
            self._answer(200, {"seen": STATE.seen, "misfits": STATE.misfits})
        elif path.path == "/_steer":
            self._steer(json.loads(self.body))
        else:
            self._api(path.path, {key: values[-1] for key, values in parse_qs(path.query).items()})

    def _steer(self, what: dict[str, Any]) -> None:
        STATE.faults += what.pop("faults", [])
        for key in ("token", "cookie"):
            if key in what:
                STATE.settings[key] = what.pop(key)
        STATE.backend.settings.update(what)
        self._answer(200, {})

    def _api(self, path: str, query: dict[str, str]) -> None:
        found = [
            (one, match) for one in OPERATIONS if one.method == self.command and (match := one.pattern.match(path))
        ]
        if not found:
            self._answer(404, {"error": "Not Found", "code": 5, "message": "Not Found"})
            return
        operation, match = found[0]
        authorization, cookie = self.headers.get("Authorization"), self.headers.get("Cookie")
        seen = {"operation": operation.name, "query": query, "authorization": authorization, "cookie": cookie}
        STATE.seen.append(seen)
        fault = STATE.fault(operation.name)
        if fault is not None and self._fault(fault):
            return
        if STATE.settings["token"] and authorization != f"Bearer {STATE.settings['token']}":
            self._answer(401, {"error": "Unauthenticated", "code": 16, "message": f"no user for {authorization}"})
            return
        if STATE.settings["cookie"] and cookie != STATE.settings["cookie"]:
            self._answer(302, {}, {"Location": "https://dex.example.org/auth?state=1"})
            return
        body, misfits = self._sent(operation, query)
        seen["body"] = body
        if misfits:
            STATE.misfits += [f"{operation.name}: {misfit}" for misfit in misfits]
            self._answer(400, {"error": misfits[0], "code": 3, "message": misfits[0]})
            return
        with STATE.lock:
            status, answer = STATE.backend.call(operation.name, match.groupdict(), query, body)
        seen["status"] = status
        if status == 200:
            STATE.misfits += [
                f"answer of {operation.name}: {one}" for one in definition.misfits(answer, operation.answer)
            ]
        if fault is not None and fault["how"] == "drop_after":
            self.connection.close()
            self.close_connection = True
            return
        self._answer(status, answer)

    def _sent(self, operation: definition.Operation, query: dict[str, str]) -> tuple[Any, list[str]]:
        misfits = [f"unknown query parameter {key}" for key in query if key not in operation.query]
        if "multipart/form-data" in (self.headers.get("Content-Type") or ""):
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            message = email.message_from_bytes(head + self.body, policy=email.policy.HTTP)
            parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
            if "uploadfile" not in parts:
                return None, [*misfits, "no uploadfile"]
            return parts["uploadfile"].get_payload(decode=True).decode(), misfits
        body = json.loads(self.body) if self.body else None
        if operation.body:
            misfits += definition.misfits(body, operation.body) if body is not None else ["no body"]
        return body, misfits

    def _fault(self, fault: dict[str, Any]) -> bool:
        """Whether the request ends here."""
        if fault["how"] == "hang":
            time.sleep(fault.get("seconds", 60))
            self.close_connection = True
            return True
        if fault["how"] == "drop":
            self.connection.close()
            self.close_connection = True
            return True
        if fault["how"] == "answer":
            self._answer(fault["status"], fault.get("body", {"message": "in trouble"}), fault.get("headers", {}))
            return True
        return False

    def _answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(value, str) else "application/json"
        for name, content in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until the process is ended; prints the port. A certificate's path may be given."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
