"""What the files say that an artifact names, where they are still there; where they are gone, nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduate.pipeline.lineage.records import Artifact

_MOST_JSON = 64 << 20  # bytes of a JSON file; one that is larger is none of ours
CARD = "model_card.json"
_CARDS = frozenset([CARD, "model_card.html"])  # made about a model, no part of it


def read_json(folder: Path | None, name: str) -> Mapping[str, Any]:
    """A JSON object beside an artifact; empty where there is none that can be read."""
    if folder is None:
        return {}
    try:
        if (folder / name).stat().st_size > _MOST_JSON:
            return {}
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Feature:
    """A column of a TensorFlow schema: `type` is `BYTES`, `INT`, `FLOAT` or `STRUCT`."""

    name: str
    type: str
    description: str = ""


def features(folder: Path | None) -> list[Feature]:
    """The features of `schema.pbtxt`, in its order."""
    if folder is None or not is_file(folder / "schema.pbtxt"):
        return []
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema()
    try:
        text_format.Parse((folder / "schema.pbtxt").read_text(encoding="utf-8"), schema, allow_unknown_field=True)
    except (OSError, ValueError, text_format.ParseError):
        return []
    return [
        Feature(
            one.name, schema_pb2.FeatureType.Name(one.type), one.annotation.comment[0] if one.annotation.comment else ""
        )
        for one in schema.feature
    ]


def rows(manifest: Path | None) -> dict[str, int]:
    """Rows by split, counted in `manifest.jsonl`; a line that cannot be read counts for none."""
    counts: Counter[str] = Counter()
    if manifest is None:
        return {}
    try:
        with open(manifest / "manifest.jsonl", encoding="utf-8") as lines:
            for line in lines:
                _, found, rest = line.partition('"split": "')
                split = rest.partition('"')[0] if found else _split(line)
                if split:
                    counts[split] += 1
    except (OSError, ValueError):
        return {}
    return dict(counts)


def _split(line: str) -> str:
    try:
        return str(json.loads(line)["split"])
    except (ValueError, KeyError, TypeError):
        return ""


@dataclass(frozen=True)
class Size:
    """How much a folder holds, in bytes and files."""

    bytes: int
    files: int


def size(folder: Path | None) -> Size | None:
    """What lies in a folder (or a file); None where it is gone."""
    if folder is None:
        return None
    try:
        if not folder.exists():
            return None
        sizes = [path.stat().st_size for path in _files(folder)]
    except OSError:  # it may not be read; or a file went while we looked
        return None
    return Size(sum(sizes), len(sizes))


def is_file(path: Path) -> bool:
    """Whether there is a file that we may know of; a path that is no path is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Likewise, a folder."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    for inside, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(inside, name)
            if path.is_file() and not path.is_symlink():
                yield path


def sha256(path: Path | None) -> str | None:
    """A file's SHA-256 in hexadecimal; None where it is gone."""
    if path is None:
        return None
    try:
        with open(path, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None


def hashes(folder: Path | None) -> dict[str, str]:
    """SHA-256 by path inside a folder, of every file of a model; its cards are left out."""
    if folder is None or not is_folder(folder):
        return {}
    found = {path.relative_to(folder).as_posix(): sha256(path) for path in _files(folder)}
    return {name: digest for name, digest in found.items() if digest and name not in _CARDS}


def verdict(artifact: Artifact) -> dict[str, Any]:
    """A verdict: `source`, `passed`, `reasons`, `checks`; without its file what the store's properties say."""
    told = read_json(artifact.folder, "verdict.json")
    properties = artifact.properties
    reasons = properties.get("reasons")
    try:
        kept = json.loads(reasons) if isinstance(reasons, str) and reasons else []
    except ValueError:
        kept = [reasons]
    return {
        "source": str(told.get("source") or properties.get("source") or ""),
        "passed": bool(told.get("passed", properties.get("passed"))),
        "reasons": [str(one) for one in told.get("reasons") or kept],
        "checks": [check for check in told.get("checks") or [] if isinstance(check, Mapping)],
    }


def serving_folder(folder: Path | None) -> Path | None:
    """Where a model's SavedModel is below the folder of its artifact; None where it is gone."""
    for candidate in (folder, folder and folder / "Format-Serving", folder and folder / "serving_model_dir"):
        if candidate is not None and is_file(candidate / "saved_model.pb"):
            return candidate
    return folder if folder is not None and is_folder(folder) else None
