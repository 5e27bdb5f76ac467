"""Whether what a run obeyed is still the same: config, data, schema, code, libraries, device."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError
from graduate.pipeline.lineage.diff import code, sides
from graduate.pipeline.lineage.diff.shown import change, number_of
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, flattened
from graduate.pipeline.lineage.reproduce import Recipe, kept_schema

if TYPE_CHECKING:
    from graduate.pipeline.data.source import Source

LISTED = 100  # files, modules or libraries that a check names
_PATHS = (
    "data.images", "data.texts", "data.audio", "data.table", "data.tfrecords", "data.labels", "schema", "model.module",
    "transform.module", "evaluation.module", "diagnostics.module",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: `config`, `data`, `schema`, `code`, `libraries`, `device`.
        state: `unknown` where nobody recorded it, or it cannot be looked at.
        told: in a few words.
        details: what differs, one by one; the first hundred.
        blocks: without it nothing can be run.
    """

    name: str
    state: State
    told: str
    details: tuple[str, ...] = ()
    blocks: bool = False


def check(recipe: Recipe) -> list[Check]:
    """Look at everything; nothing is written, and nothing heavy imported."""
    digest, data = _data(recipe)
    return [
        _config(recipe),
        data,
        _schema(recipe),
        _code(recipe, digest),
        _libraries(recipe.side),
        _device(recipe),
    ]


def _config(recipe: Recipe) -> Check:
    """Every key but those of paths resolves as it did; what this version adds is told."""
    before, now = flattened(recipe.side.run.config), flattened(recipe.config.to_json())
    other = [
        f"{key} {change(before.get(key), now.get(key), absent='not known')}"
        for key in sorted(before.keys() | now.keys())
        if key not in _PATHS and before.get(key) != now.get(key)
    ]
    seed = f"seed {recipe.config.training.seed}"
    if other:
        return Check("config", DIFFERS, f"this version resolves {number_of(len(other), 'key')} otherwise", _some(other))
    return Check("config", SAME, f"the same, {seed}")


def _data(recipe: Recipe) -> tuple[str | None, Check]:
    """The digest of the data as it is now, None where it cannot be read; and whether it is what the run read."""
    from graduate.pipeline.data import demo

    values = recipe.config.to_json()["data"]
    named = values.get(recipe.kind) in demo.NAMES
    if recipe.data is None or not _exists(recipe.data):
        if named:
            told = f"the demo data {values[recipe.kind]} is made anew"
            return _recorded(recipe.side), Check("data", UNKNOWN, told)
        return None, Check("data", DIFFERS, f"{recipe.data or values.get(recipe.kind)} is gone", blocks=True)
    try:
        found = _hashed(_source(recipe))
    except UserError as error:
        return None, Check("data", DIFFERS, str(error), blocks=True)
    from graduate.pipeline.data import hashes

    digest, recorded = hashes.digest(found), _recorded(recipe.side)
    files = number_of(len(found), "file")
    if digest == recorded:
        return digest, Check("data", SAME, f"the same: {files}, by SHA-256")
    return digest, _changed(recipe.side, found, files, recorded)


def _exists(path: str) -> bool:
    """A glob of TFRecords is looked for by whoever lists it."""
    return os.path.exists(path) or any(sign in path for sign in "*?[")


def _source(recipe: Recipe) -> Source:
    from graduate.pipeline.data.source import Source

    data = recipe.config.data.model_dump(mode="json")
    needs = tuple(dict.fromkeys(("train", "eval", recipe.config.evaluation.split)))
    made: Mapping[str, Any] = {"task": recipe.config.task} if "task" in Source.__dataclass_fields__ else {}
    return Source(recipe.kind, str(recipe.data), data, needs, **made)  # type: ignore[arg-type]


def _hashed(source: Source) -> dict[str, str]:
    """SHA-256 of every file, each read now: no memory of earlier hashes is trusted."""
    from graduate.pipeline.data import hashes
    from graduate.pipeline.data.source import scan

    return hashes.of_files(scan(source), None)


def _recorded(side: Side) -> str | None:
    for node in side.nodes.values():
        found = node.obeys.get("data") or node.execution.parameters.get("digest")
        if found:
            return str(found)
    digest = side.run.facts.get("data_digest")
    return str(digest) if digest else None


def _changed(side: Side, found: Mapping[str, str], files: str, recorded: str | None) -> Check:
    """Name what changed, by the manifest of the run's rows; of TFRecords a manifest knows rows, not files."""
    folder, why = sides.place(side.made("graduate.Manifest"), "the manifest")
    before, why = _manifest(folder) if folder is not None else ({}, why)
    if not before:
        state: State = DIFFERS if recorded else UNKNOWN
        return Check("data", state, f"{files}, not those that the run read; {why}" if recorded else why)
    details = [*(f"changed: {path}" for path in sorted(before) if found.get(path, before[path]) != before[path])]
    details += [f"missing: {path}" for path in sorted(before.keys() - found.keys())]
    bad = _skipped(folder)
    details += [f"added: {path}" for path in sorted(found.keys() - before.keys() - bad)]
    if not details:
        return Check("data", DIFFERS, f"{files}, the rows are the same; files that were skipped as bad are not")
    return Check("data", DIFFERS, f"{number_of(len(details), 'file')} of {len(found):,} differ", _some(details))


def _manifest(folder: Path) -> tuple[dict[str, str], str]:
    import json

    try:
        with open(folder / "manifest.jsonl", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        return {}, f"its manifest cannot be read ({error})"
    if any("#" in row["path"] for row in rows[:1]):
        return {}, "which of these files changed, its manifest does not tell"
    return {row["path"]: row["hash"] for row in rows}, ""


def _skipped(folder: Path | None) -> set[str]:
    import json

    try:
        with open(Path(folder or "", "skipped.jsonl"), encoding="utf-8") as lines:
            return {json.loads(line)["path"] for line in lines if line.strip()}
    except (OSError, ValueError, KeyError):
        return set()


def _schema(recipe: Recipe) -> Check:
    kept, why = kept_schema(recipe.side)
    if recipe.config.schema_:
        path = recipe.config.input_path(recipe.config.schema_)
        if not path.is_file():
            return Check("schema", DIFFERS, f"{path} is gone, and {why}" if why else f"{path} is gone", blocks=True)
        if recipe.notes:
            return Check("schema", SAME, "the same", tuple(recipe.notes))
        return Check("schema", SAME, f"the same: {os.path.basename(path)}")
    if kept is None:
        return Check("schema", UNKNOWN, f"inferred afresh from the data: {why}")
    return Check("schema", SAME, "the same: the one that the run kept")


def _code(recipe: Recipe, digest: str | None) -> Check:
    """Digests of the syntax trees of all that each node obeys, taken again."""
    from graduate.pipeline.obeys import node_obeys
    from graduate.pipeline.obeys.code import CodeDigests

    for file in recipe.config.user_modules.values():
        if not file.is_file():
            return Check("code", DIFFERS, f"{file} is gone", blocks=True)
    recorded = {name: node.obeys for name, node in recipe.side.nodes.items() if node.obeys}
    if not any(key.startswith("code:") for obeyed in recorded.values() for key in obeyed):
        return Check("code", UNKNOWN, "the run recorded no digests of its code")
    try:
        now = node_obeys(recipe.config, CodeDigests(_memory(recipe.side)), {"data": digest or ""})
    except UserError as error:
        return Check("code", DIFFERS, str(error), blocks=True)
    changed: dict[str, list[str]] = {}
    for node, obeyed in recorded.items():
        for key in obeyed.keys() | now.get(node, {}).keys():
            if key.startswith("code:") and obeyed.get(key) != now.get(node, {}).get(key):
                changed.setdefault(key.removeprefix("code:"), []).append(node)
    if not changed:
        return Check("code", SAME, "the same, comments and docstrings aside")
    own_first = sorted(changed, key=lambda name: (name.startswith("graduate"), name))
    details = [f"{name} ({', '.join(changed[name])})" for name in own_first]
    return Check("code", DIFFERS, f"{number_of(len(changed), 'module')} changed", (*_commits(recipe), *_some(details)))


def _memory(side: Side) -> Path | None:
    """Digests of code that the work folder remembers by file time and size: reading a hundred files takes a second."""
    store = Path(side.store)
    return store.parent / "cache" / "code.json" if store.is_file() else None


def _commits(recipe: Recipe) -> Iterator[str]:
    """The commits that the run was made at, where the checkout is now at others."""
    from graduate.pipeline.facts.checkout import Asking

    facts = recipe.side.run.facts
    own = Path(__file__).resolve().parents[2]
    places = {"git_": Path(str(facts.get("config_file") or ".")).parent, "own_git_": own}
    for prefix, folder in places.items():
        commit = facts.get(f"{prefix}commit")
        if not commit or not folder.is_dir():
            continue
        now = Asking(folder).answer()
        dirty = " with uncommitted changes" if facts.get(f"{prefix}dirty") else ""
        at = f"{folder} is at {now.commit[:12]}" if now and now.commit != commit else f"{folder} is at that commit"
        yield f"it was made at commit {str(commit)[:12]}{dirty}; {at}{', with changes' if now and now.dirty else ''}"


def _libraries(side: Side) -> Check:
    from graduate.pipeline.facts import installed

    here = {**installed.distributions(), "python": installed.python()}
    then = code.installed(side)
    whole = bool(then)
    then = then or dict(code.libraries(side))
    if not then:
        return Check("libraries", UNKNOWN, "neither the run nor a model card recorded them")
    names = sorted(then.keys() | here.keys()) if whole else sorted(then)
    other = [
        f"{name} {change(then.get(name), here.get(name), absent='absent')}"
        for name in names
        if then.get(name) != here.get(name) and name != "graduate"
    ]
    if other:
        return Check("libraries", DIFFERS, f"{number_of(len(other), 'version')} differ", _some(other))
    return Check("libraries", SAME, f"the same: {number_of(len(then), 'version')}")


def _device(recipe: Recipe) -> Check:
    """What it was trained on, against what this machine has; only the run itself knows what TensorFlow will find."""
    device = code.around(recipe.side).get("device")
    if not device:
        return Check("device", UNKNOWN, "not recorded")
    graphics = any(Path("/dev").glob("nvidia[0-9]*"))
    cpu = "cpu" in str(device).lower()
    if recipe.config.training.strategy == "cpu" or graphics != cpu:
        return Check("device", SAME, f"the same: {device}")
    here = "has a GPU" if graphics else "has no GPU"
    return Check("device", DIFFERS, f"it was trained on {device}, and this machine {here}")


def _some(details: list[str]) -> tuple[str, ...]:
    more = (f"and {len(details) - LISTED:,} more",) if len(details) > LISTED else ()
    return (*details[:LISTED], *more)
