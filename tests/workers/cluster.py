"""A small cluster: the part of Kubernetes' API that workers need, and a machine for each pod of an indexed Job.

A Job becomes a pod for each index, which runs its container's command until it ends or the Job is deleted.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

INDEX = "batch.kubernetes.io/job-completion-index"
_PLACE = re.compile(r"/(?:api/v1|apis/batch/v1)/namespaces/([^/]+)/(pods|services|jobs)(?:/([^/]+))?$")


class Cluster:
    """Holds objects by kind and name, and runs the pods of Jobs.

    Args:
        on: (index of a pod) -> what stands before a command that runs on its machine.
        environment: of every container, beside what its manifest says.
    """

    def __init__(self, on: Callable[[int], list[str]], environment: Mapping[str, str]) -> None:
        self.objects: dict[str, dict[str, Any]] = {"pods": {}, "services": {}, "jobs": {}}
        self.made: list[str] = []  # every object that there ever was
        self.forbidden: set[str] = set()
        self._on, self._environment = on, environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def create(self, kind: str, manifest: dict[str, Any]) -> tuple[int, Any]:
        name = manifest["metadata"]["name"]
        with self._lock:
            if name in self.objects[kind]:
                return 409, _status(409, f"{kind} {name!r} already exists")
            self.objects[kind][name] = manifest
            self.made.append(name)
            if kind == "jobs":
                for index in range(manifest["spec"]["completions"]):
                    self._start(manifest, index)
        return 201, manifest

    def list(self, kind: str, selector: str) -> dict[str, Any]:
        wanted = dict(part.split("=") for part in selector.split(",") if part)
        with self._lock:
            self._look()
            found = [one for one in self.objects[kind].values() if wanted.items() <= one["metadata"]["labels"].items()]
        return {"kind": "List", "items": found}

    def delete(self, kind: str, name: str) -> tuple[int, Any]:
        with self._lock:
            if self.objects[kind].pop(name, None) is None:
                return 404, _status(404, f"{kind} {name!r} not found")
            if kind == "jobs":
                for pod in [one for one in self.objects["pods"] if one.startswith(f"{name}-")]:
                    self._end(pod)
                    del self.objects["pods"][pod]
        return 200, _status(200, "")

    def close(self) -> None:
        for pod in list(self._processes):
            self._end(pod)

    def _start(self, job: dict[str, Any], index: int) -> None:
        template = job["spec"]["template"]
        (container,) = template["spec"]["containers"]
        name = f"{job['metadata']['name']}-{index}-abcde"
        command = [sys.executable if word == "python" else word for word in container["command"]]
        said = {one["name"]: one["value"] for one in container["env"] if "value" in one}
        environment = {**os.environ, **self._environment, **said, "JOB_COMPLETION_INDEX": str(index)}
        self._processes[name] = subprocess.Popen([*self._on(index), *command], env=environment)
        meta = {**template["metadata"], "name": name}
        meta["annotations"] = {**meta["annotations"], INDEX: str(index)}
        self.objects["pods"][name] = {"metadata": meta, "status": {"phase": "Running"}}

    def _look(self) -> None:
        for name, process in self._processes.items():
            code, pod = process.poll(), self.objects["pods"].get(name)
            if code is None or pod is None:
                continue
            pod["status"] = {
                "phase": "Failed" if code else "Succeeded",
                "containerStatuses": [
                    {"state": {"terminated": {"exitCode": 128 - code if code < 0 else code, "reason": "Error"}}}
                ],
            }

    def _end(self, pod: str) -> None:
        process = self._processes.pop(pod, None)
        if process is not None:
            process.kill()
            process.wait()


def serve(cluster: Cluster, host: str) -> ThreadingHTTPServer:
    """The cluster's API at a free port of a host; `shutdown` ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(self._get)

        def do_POST(self) -> None:
            self._answer(self._post)

        def do_DELETE(self) -> None:
            self._answer(lambda kind, name: cluster.delete(kind, name))

        def _get(self, kind: str, name: str | None) -> tuple[int, Any]:
            if name is None:
                return 200, cluster.list(kind, parse_qs(urlsplit(self.path).query)["labelSelector"][0])
            found = cluster.objects[kind].get(name)
            return (200, found) if found else (404, _status(404, f"{kind} {name!r} not found"))

        def _post(self, kind: str, name: str | None) -> tuple[int, Any]:
            return cluster.create(kind, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, answer: Callable[[str, Any], tuple[int, Any]]) -> None:
            found = _PLACE.match(urlsplit(self.path).path)
            assert found, self.path
            _, kind, name = found.groups()
            refused = f"{self.command} {kind}" in cluster.forbidden
            code, value = (403, _status(403, f"cannot {self.command} {kind}")) if refused else answer(kind, name)
            body = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer((host, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _status(code: int, message: str) -> dict[str, Any]:
    return {"kind": "Status", "code": code, "message": message}
