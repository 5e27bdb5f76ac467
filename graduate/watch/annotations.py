"""Findings as annotations of a CI: GitHub's workflow commands, which it shows at the script's line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from graduate.findings import Severity
from graduate.watch.outcome import Outcome
from graduate.watch.places import Places
from graduate.watch.sarif import message

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github(outcome: Outcome, script: str | None) -> Iterator[str]:
    """A line a root finding, e.g. `::error file=train.py,line=7,title=…::…`."""
    places = Places.of(script) if script else None
    for one in outcome.watched:
        for finding in one.diagnosis.roots:
            facts = {"title": f"{finding.fault} ({one.name})"}
            if script and places:
                facts = {"file": _from_the_workspace(script), "line": str(places.line(finding)), **facts}
            told = ",".join(f"{key}={_property(value)}" for key, value in facts.items())
            yield f"::{_COMMANDS[finding.severity]} {told}::{_data(message(finding, one.trace))}"


def _from_the_workspace(script: str) -> str:
    """GitHub wants paths as the repository has them."""
    path = Path(os.path.abspath(script))
    path = path / "__main__.py" if path.is_dir() else path
    for root in (os.environ.get("GITHUB_WORKSPACE"), os.getcwd()):
        if root and path.is_relative_to(os.path.abspath(root)):
            return path.relative_to(os.path.abspath(root)).as_posix()
    return str(path)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
