"""Deletes what `lineage/gc.py` found that nobody needs, so that a kill at any moment leaves a state to go on from.

First every artifact is marked MARKED_FOR_DELETION in ML Metadata: TFX's cache takes only an execution whose outputs are
all LIVE (`tfx/orchestration/portable/cache_utils.py`), so from then on no run relies on them. Then each folder is
renamed aside, which is one step, and deleted. Then the artifacts are marked DELETED. No row is ever removed: lineage
still answers. What a killed gc left (marked artifacts, folders aside) the next one finishes.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.pipeline.lineage import gc_folders
from graduate.pipeline.lineage.gc import Candidate, Plan

if TYPE_CHECKING:
    from ml_metadata import MetadataStore

_AT_ONCE = 500  # artifacts in one write
_TRIES = 5


@dataclass
class Swept:
    """What came of it: bytes freed, things deleted, and those that could not be, each with the reason."""

    bytes: int = 0
    deleted: int = 0
    failed: list[tuple[Path, str]] = field(default_factory=list)


def sweep(store: MetadataStore, plan: Plan, on_deleted: Callable[[Candidate], None] = lambda candidate: None) -> Swept:
    """Carry a plan out; call it while holding the work folder's lock.

    Args:
        store: the work folder's store, open for writing.
        plan: made while holding that lock.
        on_deleted: called after each thing that was deleted.
    """
    from ml_metadata.proto import metadata_store_pb2 as mlmd

    numbers = [one.artifact for one in plan.candidates if one.artifact is not None]
    _mark(store, plan.restore, mlmd.Artifact.LIVE)
    _mark(store, numbers, mlmd.Artifact.MARKED_FOR_DELETION)
    swept = Swept()
    area = gc_folders.Area(plan.root)
    for candidate in plan.candidates:
        try:
            _delete(area, candidate.path)
        except OSError as error:
            swept.failed.append((candidate.path, error.strerror or str(error)))
            continue
        swept.bytes += candidate.bytes
        swept.deleted += 1
        on_deleted(candidate)
    left = {path for path, _ in swept.failed}
    gone = [one.artifact for one in plan.candidates if one.artifact is not None and one.path not in left]
    _mark(store, [*gone, *plan.gone], mlmd.Artifact.DELETED)
    return swept


def _delete(area: gc_folders.Area, path: Path) -> None:
    """Out of sight in one step, then bit by bit."""
    part = path.relative_to(area.root).parts[0]
    if part == "models" or area.inside(path, part) != path:  # a link came in since the plan was made
        raise OSError(f"it no longer lies plainly in {area.root}")
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    aside = path
    if not path.name.startswith(gc_folders.ASIDE):
        aside = path.with_name(f"{gc_folders.ASIDE}{path.name}-{secrets.token_hex(4)}")
        os.rename(path, aside)
    shutil.rmtree(aside)


def _mark(store: MetadataStore, artifacts: Sequence[int], state: Any) -> None:
    for some in _batches(sorted(set(artifacts))):
        found = store.get_artifacts_by_id(some)
        changed = [artifact for artifact in found if artifact.state != state]
        for artifact in changed:
            artifact.state = state
        if changed:
            _patiently(lambda changed=changed: store.put_artifacts(changed))  # type: ignore[misc]


def _batches(numbers: Sequence[int]) -> Iterator[list[int]]:
    for at in range(0, len(numbers), _AT_ONCE):
        yield list(numbers[at : at + _AT_ONCE])


def _patiently(write: Callable[[], object]) -> None:
    """A rollback that is written at the same moment makes SQLite turn a second writer away."""
    from ml_metadata import errors

    for left in reversed(range(_TRIES)):
        try:
            write()
            return
        except errors.AbortedError:
            if not left:
                raise
            time.sleep(0.2)
