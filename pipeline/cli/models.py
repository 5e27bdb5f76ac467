"""`graduate models`: what was pushed from a work folder: version, when, metrics, which run, which one serves."""

from __future__ import annotations

import argparse
import datetime
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.push import Place
    from graduate.publish import Version

HELP = "list pushed models: version, metrics, run, which one serves"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a pipeline; default: every one of the work folder")
    _common.add_workdir(parser)
    _common.add_json(parser, "print a JSON line for each version")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline import push, record

    workspace = _common.workspace(args)
    found = push.places(workspace, record.open_store(workspace))
    if args.name:
        found = [push.pick(found, args.name)]
    rows = [(place, version) for place in found for version in reversed(place.versions())]
    if args.json:
        for place, version in rows:
            print(json.dumps(_as_json(place, version), ensure_ascii=False))
    elif rows:
        print(_table(rows))
    else:
        print(f"No model has been pushed from {workspace.root}: graduate run CONFIG pushes one.")
    return 0


def _as_json(place: Place, version: Version) -> dict[str, Any]:
    card = version.card
    told = ("pushed_at", "run_id", "metrics", "rollback_of", "blessed_by_hand")
    return {
        "name": place.name,
        "version": version.number,
        "serving": version.number == place.versions()[-1].number,
        "folder": str(version.folder),
        **{key: card.get(key) for key in told},
    }


def _table(rows: Sequence[tuple[Place, Version]]) -> str:
    lines: list[list[str]] = [["MODEL", "VERSION", "PUSHED", "ACCURACY", "LOSS", "RUN", ""]]
    folders: list[str] = []
    shown = ""
    for place, version in rows:
        first = str(place.folder) != shown
        if first:
            shown = str(place.folder)
            folders.append(f"{place.name}: {shown}")
        lines.append([place.name, str(version.number), *_facts(version), "serves" if first else ""])
        note = _note(version)
        if note:
            lines[-1][-1] = f"{lines[-1][-1]}, {note}".removeprefix(", ")
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*table, "", *folders])


def _facts(version: Version) -> list[str]:
    metrics = version.card.get("metrics") or {}
    numbers = [f"{metrics[name]:.4f}" if metrics.get(name) is not None else "-" for name in ("accuracy", "loss")]
    return [_local(version.card.get("pushed_at")), *numbers, str(version.card.get("run_id") or "-")]


def _note(version: Version) -> str:
    rolled, blessed = version.card.get("rollback_of"), version.card.get("blessed_by_hand")
    if rolled:
        return f"{rolled['version']} again, by {rolled['by']}{_why(rolled)}"
    return f"blessed by {blessed['by']}{_why(blessed)}" if blessed else ""


def _why(deed: dict[str, Any]) -> str:
    return f": {deed['because']}" if deed.get("because") else ""


def _local(when: str | None) -> str:
    try:
        return f"{datetime.datetime.fromisoformat(str(when)).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return "-"
