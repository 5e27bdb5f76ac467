"""What the rules said of a run's training: from the findings' file, without it from what was written down of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate.pipeline.lineage.records import Artifact, Run

# Of artifacts; some of their other properties are structs, which take long to decode
PROPERTIES = ("source", "faults", "worst", "cured_faults", "cures")
_NAMES = ("fault", "severity", "layers", "steps", "meaning", "remedies", "evidence", "caused_by", "cured_at")


@dataclass(frozen=True)
class Findings:
    """Findings of one training.

    Attributes:
        found: roots first, as the rules gave them: fault, severity, layers, steps, meaning, remedies, evidence,
            caused_by, cured_at. Without the file only what the run recorded: fault, severity, steps, some layers.
        whole: whether they come from the file.
        cured: faults that a remedy mended.
        cures: the remedies that were applied.
        looked: how many rules looked; None where nobody wrote it down.
        report: the report's page, where it lies on this machine.
        gone: where the file should be, where it is not.
    """

    found: tuple[Mapping[str, Any], ...] = ()
    whole: bool = False
    cured: tuple[str, ...] = ()
    cures: tuple[str, ...] = ()
    looked: int | None = None
    report: str = ""
    gone: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "found": [dict(one) for one in self.found],
            "whole": self.whole,
            "cured": list(self.cured),
            "cures": list(self.cures),
            "looked": self.looked,
            "report": self.report or None,
            "gone": self.gone or None,
        }


@dataclass(frozen=True)
class _File:
    found: tuple[Mapping[str, Any], ...] = ()
    looked: int | None = None
    gone: str = ""
    report: str = ""
    whole: bool = field(default=False)


def of_run(run: Run, artifacts: Sequence[Artifact]) -> Findings | None:
    """The findings of a run's training; None where no rule looked at one.

    Args:
        run: with its facts.
        artifacts: that its nodes gave.
    """
    findings = next((one for one in reversed(artifacts) if one.kind == "graduate.Findings"), None)
    verdict = next((one for one in artifacts if one.properties.get("source") == "GradientDiagnostics"), None)
    if findings is None and verdict is None and "findings" not in run.facts:
        return None
    told = {**(verdict.properties if verdict else {}), **run.facts}
    read = _read(findings) if findings else _File()
    found = read.found if read.whole else _recorded(told)
    cured = [str(one["fault"]) for one in found if one.get("cured_at") is not None]
    return Findings(
        found=tuple(found),
        whole=read.whole,
        cured=tuple(dict.fromkeys([*cured, *_listed(told.get("cured_faults"))])),
        cures=tuple(_listed(told.get("cures"))),
        looked=read.looked,
        report=read.report,
        gone=read.gone,
    )


def _read(artifact: Artifact) -> _File:
    folder = artifact.folder
    if folder is None:
        return _File(gone=artifact.uri)
    try:
        told = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
        found = tuple({name: one.get(name) for name in _NAMES if name in one} for one in told["findings"])
        looked = len(told["ran"]) if isinstance(told.get("ran"), list) and told["ran"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _File(gone=str(folder / "findings.json"))
    return _File(found, looked, "", _page(folder), True)


def _page(folder: Path) -> str:
    page = folder / "report.html"
    return str(page) if page.is_file() else ""


def _recorded(told: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    found = told.get("findings")
    if isinstance(found, list) and found:
        return tuple(found)
    return tuple({"fault": fault, "severity": str(told.get("worst") or "")} for fault in _listed(told.get("faults")))


def _listed(told: Any) -> list[str]:
    return [one for one in str(told or "").split(",") if one]
