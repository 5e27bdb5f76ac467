"""Style, script and icon of our own pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graduate.page import chart
from graduate.pipeline.lineage.page import figure
from graduate.pipeline.lineage.ui import response
from graduate.pipeline.lineage.ui.response import Response

_HERE = Path(__file__).parent


@cache
def file(name: str) -> Response | None:
    """One of the three; None where it is none of them."""
    if name == "ui.css":
        charts = Path(chart.__file__).with_name("chart.css").read_text(encoding="utf-8")
        return _of("text/css", figure.style() + charts + (_HERE / "ui.css").read_text(encoding="utf-8"))
    if name == "ui.js":
        return _of("text/javascript", figure.script())
    return _of("image/svg+xml", _ICON) if name == "icon.svg" else None


def _of(kind: str, content: str) -> Response:
    return Response(200, f"{kind}; charset=utf-8", content.encode(), response.policy())


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 2v5M8 7 4 12M8 7l4 5" fill="none"'
    ' stroke="#0b62c4" stroke-width="1.6"/><circle cx="8" cy="3" r="2.4" fill="#0b62c4"/>'
    '<circle cx="4" cy="12.5" r="2.4" fill="#18794e"/><circle cx="12" cy="12.5" r="2.4" fill="#8b5bd6"/></svg>'
)
