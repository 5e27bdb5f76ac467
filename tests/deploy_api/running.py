"""A server in a process of its own, and what came of a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
QUICK = ("--poll", "0.05")
_KEPT = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int
    certificate: str | None = None

    @property
    def host(self) -> str:
        return f"{'https' if self.certificate else 'http'}://localhost:{self.port}"

    def steer(self, **settings: Any) -> None:
        """Change settings, or add `faults`."""
        self._ask("/_steer", json.dumps(settings).encode())

    def seen(self) -> list[dict[str, Any]]:
        """The requests that came."""
        return self._ask("/_seen")["seen"]

    def misfits(self) -> list[str]:
        """What did not fit the published definition."""
        return self._ask("/_seen")["misfits"]

    def end(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=20) as answer:
            return json.load(answer)


def start(port: int = 0, certificate: str | None = None) -> Server:
    """A server in a process of its own."""
    words = [sys.executable, str(HERE / "server.py"), str(port), *([certificate] if certificate else [])]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Server(process, int(process.stdout.readline()), certificate)


@dataclass
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out.splitlines()[-1])


Deploy = Callable[..., Done]


def environment(home: Path, **more: str) -> dict[str, str]:
    """No token, no proxy and no settings of whoever runs the tests."""
    return {**{key: os.environ[key] for key in _KEPT if key in os.environ}, "HOME": str(home), **more}
