"""What is to be predicted: the chunks of folders, tables and JSON lines, in a fixed order, without reading contents."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from graduate.errors import UsageError
from graduate.pipeline import raw_inputs
from graduate.pipeline.data import kinds, table_files
from graduate.pipeline.data.listing import shown

FILES = 256  # inputs of a chunk of files or lines
ROWS = 4096  # of a chunk of a table's rows
Form = Literal["files", "lines", "table"]


@dataclass(frozen=True)
class Work:
    """What is done together: some files, or a file with lines or rows, whose chunks are found while it is read.

    Attributes:
        number: its place in the order.
        form: what `paths` are: inputs themselves, one file of JSON lines, or one table.
        paths: as the user sees them.
    """

    number: int
    form: Form
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Everything; `digest` is equal while names, sizes and times of modification are.

    Attributes:
        works: in order.
        files: how many inputs are files of their own.
        tables: how many files have lines or rows.
    """

    works: tuple[Work, ...]
    files: int
    tables: int
    digest: str


def listed(words: Sequence[str], task: str, leave_out: str) -> Listing:
    """List the inputs that the words of a command line mean: words in their order, a folder's files by path.

    Args:
        words: files and folders; hidden files are passed over. A `.jsonl` file has lines, of tables rows.
        task: the model's.
        leave_out: the file that is written, which may lie in a folder of inputs.

    Raises:
        UsageError: an input that cannot be read again, or there is none.
    """
    found: list[tuple[Form, str]] = []
    for word in words:
        if word == raw_inputs.STDIN:
            raise UsageError("standard input cannot be read again", hint="-o needs files or folders")
        found += _of_word(word, task, leave_out)
    if not found:
        raise UsageError(f"there is nothing to predict in {', '.join(map(shown, words))}", hint=_wanted(task))
    digest = hashlib.sha256()
    for form, path in found:
        digest.update(f"{form}\0{path}\0{_stamp(path)}\n".encode("utf-8", "surrogateescape"))
    works = tuple(_works(found))
    files = sum(form == "files" for form, _ in found)
    return Listing(works, files, len(found) - files, digest.hexdigest())


def _of_word(word: str, task: str, leave_out: str) -> list[tuple[Form, str]]:
    if not os.path.isdir(word):
        return [(_form(word, task), word)]
    own = os.path.realpath(leave_out)
    paths = [path for path in _below(word) if _is_input(path, task) and os.path.realpath(path) != own]
    return [(_form(path, task), path) for path in sorted(paths)]


def _below(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"the folder {shown(str(error.filename))} cannot be read: {error.strerror}")

    for path, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(path, name) for name in names if not name.startswith("."))


def _is_input(path: str, task: str) -> bool:
    ending = os.path.splitext(path)[1].lower()
    return ending in (table_files.ENDINGS if task == "table" else kinds.BY_TASK[task].endings)


def _form(path: str, task: str) -> Form:
    if task == "table":
        return "table"
    return "lines" if path.lower().endswith(".jsonl") else "files"


def _wanted(task: str) -> str:
    if task == "table":
        return f"tables are files that end in {', '.join(table_files.ENDINGS)}"
    kind = kinds.BY_TASK[task]
    return f"{kind.nouns} are files that end in {', '.join(sorted(kind.endings))}"


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


def _works(found: Iterable[tuple[Form, str]]) -> Iterator[Work]:
    number, waiting = 0, list[str]()
    for form, path in [*found, ("table", "")]:  # the last one only ends what waits
        if waiting and (form != "files" or len(waiting) == FILES):
            yield Work(number, "files", tuple(waiting))
            number, waiting = number + 1, []
        if form == "files":
            waiting.append(path)
        elif path:
            yield Work(number, form, (path,))
            number += 1
