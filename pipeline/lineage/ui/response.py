"""What is answered, and the headers that keep a page from doing anything but being read."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

HTML, TEXT, JSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json; charset=utf-8"
# Files of artifacts: they may draw, and nothing else. They belong to no origin, reach no network, and only pages of
# this server may frame them.
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Response:
    """An answer: status, type, content, and the headers that differ from one to the next."""

    status: int
    kind: str
    body: bytes
    policy: str
    more: tuple[tuple[str, str], ...] = ()

    def headers(self) -> Iterable[tuple[str, str]]:
        """Every header."""
        yield "Content-Type", self.kind
        yield "Content-Length", str(len(self.body))
        yield "Content-Security-Policy", self.policy
        yield "X-Content-Type-Options", "nosniff"
        yield "X-Frame-Options", "SAMEORIGIN" if self.policy == SANDBOX else "DENY"
        yield "Referrer-Policy", "no-referrer"
        yield "Cross-Origin-Resource-Policy", "same-origin"
        yield "Cross-Origin-Opener-Policy", "same-origin"
        yield "Cache-Control", "no-store"
        yield from self.more


def policy(styles: Iterable[str] = ()) -> str:
    """The policy of our own pages: everything from this server, nothing inline but these styles."""
    hashes = "".join(f" '{digest(style)}'" for style in styles)
    return (
        f"default-src 'none'; style-src 'self'{hashes}; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def digest(content: str) -> str:
    """How a policy names an inline style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def page(markup: str, *, status: int = 200, styles: Iterable[str] = ()) -> Response:
    """A page of ours."""
    return Response(status, HTML, encoded(markup), policy(styles))


def data(value: Any) -> Response:
    """JSON."""
    return Response(200, JSON, encoded(json.dumps(value, ensure_ascii=False)), policy())


def encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which a store can hold, becomes a question mark."""
    return text.encode("utf-8", errors="replace")


def moved(where: str) -> Response:
    """Look there instead; `where` is a path of ours."""
    return Response(303, TEXT, b"", policy(), (("Location", where),))
