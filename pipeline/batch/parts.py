"""What was predicted so far: a hidden folder beside the file that is written, a part a chunk, each whole or not there.

`.OUT.parts/job.json` says what the parts are of; a part is `WWWWWWWW-CCCCCC.parquet`, work and chunk, so that their
names are in the order of the inputs.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graduate import files
from graduate.errors import UserError
from graduate.pipeline.batch.answers import Answer

FORMAT = 1  # of the parts; another one starts over


class Parts:
    """The parts of one job.

    Args:
        out: the file that is written in the end.
        job: what makes the same job: JSON values.
    """

    def __init__(self, out: Path, job: dict[str, Any]) -> None:
        self.folder, self.job = out.absolute().with_name(f".{out.name}.parts"), {"format": FORMAT, **job}
        self._lock = out.absolute().with_name(f".{out.name}.lock")

    def begin(self) -> tuple[int, bool]:
        """Make the folder; parts of another job go. How many are there already, and whether another job's went."""
        told = self.folder / "job.json"
        other = self.folder.exists() and _read(told) != self.job
        if other:
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not told.exists():
            files.write_json(told, self.job)
        return len(self.paths()), other

    def path(self, work: int, chunk: int) -> Path:
        """Of a part."""
        return self.folder / f"{work:08d}-{chunk:06d}.parquet"

    def paths(self) -> list[Path]:
        """Of the parts that are there, in order."""
        return sorted(self.folder.glob("[0-9]*.parquet"))

    def end(self) -> None:
        """Nothing of them is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other process may write the same file meanwhile.

        Raises:
            UserError: one does, or the folder cannot be written.
        """
        with self._opened() as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                out = self._lock.name.removeprefix(".").removesuffix(".lock")
                raise UserError(f"another graduate predict writes {out}", hint="wait for it, or end it") from None
            try:
                yield
            finally:
                self._lock.unlink(missing_ok=True)

    def _opened(self) -> Any:
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            return open(self._lock, "a", encoding="utf-8")
        except OSError as error:
            raise UserError(f"{self._lock.parent} cannot be written: {error.strerror}") from None


def write(path: Path, answers: Sequence[Answer]) -> None:
    """Write a part, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    import pyarrow
    from pyarrow import parquet

    columns = {
        "input": pyarrow.array([text(one.name) for one in answers], pyarrow.string()),
        "label": pyarrow.array([one.label for one in answers], pyarrow.string()),
        "values": pyarrow.array([one.values for one in answers], pyarrow.list_(pyarrow.float32())),
        "error": pyarrow.array([one.problem and text(one.problem) for one in answers], pyarrow.string()),
    }
    try:
        with files.atomic_path(path) as aside:
            parquet.write_table(pyarrow.table(columns), aside)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UserError:
    """A file that cannot be written, and what is to be done."""
    said = os.strerror(error.errno) if error.errno else str(error)
    hint = "what was predicted is kept: mend it, and the same command goes on"
    return UserError(f"{path} cannot be written: {said}", hint=hint)


def text(name: str) -> str:
    """A file name need not be UTF-8, a column of text must be."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def size(path: str | os.PathLike[str]) -> int:
    """How many inputs a part has."""
    from pyarrow import parquet

    return int(parquet.read_metadata(path).num_rows)
