"""The model card: what a pushed version is, where it came from and why it was let through; as JSON and as a page."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from graduate.page import shell
from graduate.publish import Version
from graduate.verdict import VerdictRecord

FORMAT = 1
_LIBRARIES = ("graduate", "tfx", "tensorflow", "keras", "tensorflow-transform", "tensorflow-model-analysis",
              "apache-beam", "numpy")  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What a card is made of.

    Attributes:
        run_id: the run that trained the model.
        verdicts: what was decided on it.
        evaluation, manifest, schema, training, cross_validation: folders of those artifacts, where there are any.
        more: goes into the card as it is (`name`, `task`, `config`, …).
    """

    run_id: str
    verdicts: tuple[VerdictRecord, ...] = ()
    evaluation: str | None = None
    manifest: str | None = None
    schema: str | None = None
    training: str | None = None
    cross_validation: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def card(self, number: int, before: Version | None, content: str) -> tuple[dict[str, Any], str]:
        """The card of a version, and its page: what `graduate.publish.publish` asks for."""
        evaluation = _read_json(self.evaluation, "metrics.json")
        made = {
            "format": FORMAT,
            "version": number,
            "run_id": self.run_id,
            "pushed_at": _now(),
            "previous_version": before.number if before else None,
            "content": content,
            "data_fingerprint": _sha256(self.manifest, "manifest.jsonl"),
            "schema_fingerprint": _sha256(self.schema, "schema.pbtxt"),
            "metrics": evaluation.get("overall", {}),
            "per_class": evaluation.get("per_class", {}),
            "slices": evaluation.get("slices", {}),
            "evaluated_on": evaluation.get("split"),
            "cross_validation": _read_json(self.cross_validation, "folds.json"),
            "training": _read_json(self.training, "training.json"),
            "verdicts": [record.to_json() for record in self.verdicts],
            "libraries": libraries(),
            **self.more,
        }
        return made, render(made)


def libraries() -> dict[str, str]:
    """Versions of Python and of the libraries a model depends on, as installed here."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def republished(
    card: Mapping[str, Any], number: int, before: Version | None, content: str, **more: Any
) -> tuple[dict[str, Any], str]:
    """The card of a version that is published again: its own facts stay, number and time are new."""
    made = {
        **card,
        "format": FORMAT,
        "version": number,
        "pushed_at": _now(),
        "previous_version": before.number if before else None,
        "content": content,
        **more,
    }
    return made, render(made)


def render(card: Mapping[str, Any]) -> str:
    """The card as a page of its own."""
    name = card.get("name") or "model"
    run_id = card.get("run_id") or "unknown"
    lead = f"Version {card.get('version')}, pushed {card.get('pushed_at')}, trained in run {run_id}."
    return shell.page(f"{name}: model card", lead, _sections(card))


def _sections(card: Mapping[str, Any]):
    for key, sentence in (("blessed_by_hand", "Blessed by hand"), ("rollback_of", "Rolled back")):
        if card.get(key):
            yield shell.heading(sentence)
            yield shell.facts(card[key] if isinstance(card[key], Mapping) else {"version": card[key]})
    if card.get("metrics"):
        yield shell.heading(f"Metrics on the {card.get('evaluated_on') or 'evaluation'} split")
        yield shell.facts(card["metrics"])
    folds = card.get("cross_validation") or {}
    if folds:
        yield shell.heading(f"Cross-validation in {len(folds['folds'])} folds")
        yield shell.table(
            ["", "mean", "spread"], ([name, folds["mean"][name], folds["spread"][name]] for name in folds["mean"])
        )
    for title, key in (("By class", "per_class"), ("By slice", "slices")):
        rows = card.get(key) or {}
        if rows:
            columns = sorted({column for row in rows.values() for column in row})
            yield shell.heading(title)
            yield shell.table(
                ["", *columns], ([row, *(rows[row].get(column) for column in columns)] for row in sorted(rows))
            )
    if card.get("verdicts"):
        yield shell.heading("Verdicts")
        for verdict in card["verdicts"]:
            checks = verdict.get("checks") or []
            yield shell.marked((check["passed"], f"{verdict['source']}: {check['sentence']}") for check in checks)
    training = {key: value for key, value in (card.get("training") or {}).items() if not isinstance(value, Mapping)}
    if training:
        yield shell.heading("Training")
        yield shell.facts({key.replace("_", " "): value for key, value in training.items()})
    yield shell.heading("Origin")
    yield shell.facts({key.replace("_", " "): card.get(key) for key in _ORIGIN})
    if card.get("libraries"):
        yield shell.heading("Libraries")
        yield shell.facts(card["libraries"])
    if card.get("config"):
        yield shell.heading("Config")
        yield shell.preformatted(json.dumps(card["config"], indent=2, ensure_ascii=False))


_ORIGIN = ("run_id", "task", "data_fingerprint", "schema_fingerprint", "content", "previous_version")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _read_json(folder: str | None, name: str) -> dict[str, Any]:
    path = Path(folder or "", name)
    return json.loads(path.read_text(encoding="utf-8")) if folder and path.is_file() else {}


def _sha256(folder: str | None, name: str) -> str | None:
    path = os.path.join(folder or "", name)
    if not folder or not os.path.isfile(path):
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
