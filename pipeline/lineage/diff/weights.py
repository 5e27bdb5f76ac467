"""Whether the weights are the same bytes, and how far they are apart where they are not."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, place, same_artifact

if TYPE_CHECKING:
    from graduate.pipeline.lineage.diff.bundle import Bundle

MOST_BYTES = 256_000_000  # of the larger model's variables: more are hashed and not compared one by one
# Where a Model artifact has its SavedModel: TFX's own folder, the one of older versions, or itself
_INSIDE = ("Format-Serving", "serving_model_dir", "")


@dataclass(frozen=True)
class Change:
    """A variable that differs.

    Attributes:
        name: as the model calls it.
        a, b: its shape on either side; None where it has none.
        relative: ‖b − a‖ / ‖a‖ in the L2 norm; None where the shapes differ, a is zero or infinite.
        largest: the largest difference of one entry; None where the shapes differ.
    """

    name: str
    a: tuple[int, ...] | None
    b: tuple[int, ...] | None
    relative: float | None = None
    largest: float | None = None


@dataclass(frozen=True)
class Weights:
    """The weights of two models.

    Attributes:
        state: `same` where every byte of every variable is.
        why: why they cannot be compared, or why no change is told by variable.
        digests: SHA-256 over names, types, shapes and bytes of all variables (over the files where they cannot be
            read so); None where they are the same artifact, or not there.
        variables: those that differ, the most changed first.
        number: how many variables the larger model has; 0 where they were not read.
        relative: ‖b − a‖ / ‖a‖ over all variables of real numbers and equal shape.
    """

    state: State
    why: str = ""
    digests: tuple[str | None, str | None] = (None, None)
    variables: tuple[Change, ...] = ()
    number: int = 0
    relative: float | None = None


def compare(a: Side, b: Side) -> Weights:
    """Compare the models of two runs."""
    one, other = a.trained, b.trained
    if one and other and same_artifact(a, b, one[1], other[1]):
        return Weights(SAME)
    folders = []
    for letter, side in (("A", a), ("B", b)):
        folder, why = folder_of(side)
        if folder is None:
            return Weights(UNKNOWN, f"{letter}: {why}")
        folders.append(folder)
    return of_folders(*folders)


def folder_of(side: Side) -> tuple[Path | None, str]:
    """The folder `variables` of a side's model: of the version that was asked for, or of what the run trained."""
    candidates = [Path(side.subject.push.folder)] if side.subject.push else []
    trained = side.trained
    folder, why = place(trained[1] if trained else None, "Model")
    candidates += [folder / inside for inside in _INSIDE] if folder is not None else []
    pushed = side.made("PushedModel")
    if pushed is not None and pushed.properties.get("pushed_destination"):
        candidates.append(Path(str(pushed.properties["pushed_destination"])))
    for candidate in candidates:
        if (candidate / "variables").is_dir():
            return candidate / "variables", ""
    return None, why or f"there are no variables in {folder}"


def of_folders(one: Path, other: Path) -> Weights:
    """Compare two folders `variables`: by the bytes of each variable where both can be read, by their files otherwise.

    Beside the variables such a folder describes the object that they are in, which other code may write otherwise.
    """
    from graduate.pipeline.lineage.diff.bundle import Bundle, Unreadable

    try:
        left, right = Bundle(one), Bundle(other)
        digests = left.digest(), right.digest()
    except (Unreadable, OSError) as error:
        return _by_files(one, other, str(error))
    number = max(len(left.variables()), len(right.variables()))
    if digests[0] == digests[1]:
        return Weights(SAME, digests=digests, number=number)
    size = max(bundle.size for bundle in (left, right))
    if size > MOST_BYTES:
        return Weights(DIFFERS, f"{size / 1e6:.0f} MB are hashed, and not compared by variable", digests, number=number)
    changes, squares, reference = _changes(left, right)
    return Weights(DIFFERS, "", digests, tuple(changes), number, _ratio(squares, reference))


def _ratio(moved: float, size: float) -> float | None:
    """Of two sums of squares the ratio of the norms; None where it is no number."""
    ratio = (moved / size) ** 0.5 if size else math.inf
    return ratio if math.isfinite(ratio) else None


def _by_files(one: Path, other: Path, why: str) -> Weights:
    try:
        digests = _digest(one), _digest(other)
    except OSError as error:
        return Weights(UNKNOWN, f"the variables cannot be read: {error.strerror}")
    if digests[0] == digests[1]:
        return Weights(SAME, digests=digests)
    return Weights(DIFFERS, f"not told by variable: {why}", digests)


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the files in a folder, hexadecimal."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with open(path, "rb") as opened:
            total.update(f"{path.name}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _changes(left: Bundle, right: Bundle) -> tuple[list[Change], float, float]:
    import numpy as np

    ours, theirs = left.variables(), right.variables()
    found: list[Change] = []
    squares = reference = 0.0
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        shapes = one.shape if one else None, other.shape if other else None
        if one is None or other is None or one.shape != other.shape:
            found.append(Change(name, *shapes))
            continue
        raw = left.read(one)
        before, now = np.asarray(raw, "f8"), np.asarray(right.read(other), "f8")
        with np.errstate(invalid="ignore", over="ignore"):  # a weight may be infinite
            apart = now - before
            size, moved = float(np.sum(before**2)), float(np.sum(apart**2))
        if raw.dtype.kind == "f":  # counters and seeds are no weights
            squares, reference = squares + moved, reference + size
        if not np.array_equal(before, now, equal_nan=True):
            largest = float(np.max(np.abs(apart)))
            found.append(Change(name, *shapes, _ratio(moved, size), largest if math.isfinite(largest) else None))
    found.sort(key=lambda change: -(change.relative if change.relative is not None else float("inf")))
    return found, squares, reference
