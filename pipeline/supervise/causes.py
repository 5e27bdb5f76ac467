"""Finds what began it in an exception that TFX, Beam and TensorFlow have wrapped, chained or turned into text."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import graduate
from graduate import errors
from graduate.errors import UserError

_STEP = re.compile(r"\s*\[while running '[^']*'\]")  # Beam's ending of a message
_ANSI = re.compile(r"\x1b\[[0-9;]*m")  # Keras writes its messages in bold
# what TensorFlow writes around the message of an operation: where in Python it was made, and its name in the graph
_OPERATION = re.compile(
    r"(Graph execution error:\s*)?Detected at node \S+ defined at \(most recent call last\):\n"
    r"([ \t]*(File .*|<stack traces unavailable>)?\n)*|\s*\[\[\{\{node .*|\s*\[Op:\w+\]"
)
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_NODE = re.compile(r"\bNodeError: (\w+)")
# the last line of a traceback as text; a message may follow on further lines, until the next block or a frame
_RAISED = re.compile(
    r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Iteration|Warning|Timeout|Failed|Fault))(?:: ?(.*))?$"
)
_NEXT_BLOCK = re.compile(r"^(Traceback \(most recent call last\)|During handling of|The above exception was)")
_HINT = "hint: "  # UserError's note, which survives being turned into text
_NOT_THE_USERS = ("site-packages", "dist-packages", "lib/python3")


@dataclass(frozen=True)
class Frame:
    """A line of code in a traceback."""

    file: str
    line: int
    function: str


@dataclass(frozen=True)
class Cause:
    """What began it: the exception's type and message, without what the frameworks wrote around it."""

    kind: str
    message: str
    user_error: UserError | None = None


def chain(error: BaseException) -> list[BaseException]:
    """An exception and what it came of, the outermost first."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or any(current is known for known in found):
            continue
        found.append(current)
        # `raise error from error` hides a context that is still the only way to the cause
        hidden = current.__suppress_context__ and current.__cause__ is not current
        waiting += [None if hidden else current.__context__, current.__cause__]
    return found


def node_of(error: BaseException) -> str | None:
    """The node that the runner's NodeError names, also where Beam made text of it."""
    for found in chain(error):
        if isinstance(getattr(found, "node", None), str):
            return clean(found.node)  # type: ignore[attr-defined]
    matches = _NODE.findall(str(error))
    return matches[-1] if matches else None


def cause(error: BaseException) -> Cause:
    """The first of the user's errors that is found anywhere, otherwise the innermost exception."""
    links = [found for found in chain(error) if not hasattr(found, "node")] or [error]
    for found in links:
        # Beam raises a copy of what a bundle raised, with a longer message and nothing else; the original is chained
        if isinstance(found, UserError) and "[while running" not in str(found):
            return Cause(type(found).__name__, found.message, found)
    told = [told for found in reversed(links) for told in _in_text(str(found))]
    for kind, message, hint in told:
        own = getattr(errors, kind.rpartition(".")[2], None) if kind.startswith("graduate.") else None
        if isinstance(own, type) and issubclass(own, UserError):
            return Cause(own.__name__, message, own(message, hint=hint))
    told = [one for one in told if not one[0].endswith("NodeError")]
    if told:
        return Cause(told[0][0].rpartition(".")[2], told[0][1])
    root = links[-1]
    if isinstance(root, UserError):
        plain = type(root)(clean(root.message), hint=root.hint, where=root.where)
        return Cause(type(root).__name__, plain.message, plain)
    return Cause(type(root).__name__, clean(str(root)))


def user_frame(error: BaseException, user_files: Iterable[str]) -> Frame | None:
    """The innermost line that lies in one of the user's files, or in a file beside or below one."""
    folders = [Path(name).resolve().parent for name in user_files]
    if not folders:
        return None
    found = [frame for frame in _frames(error) if _is_users(frame.file, folders)]
    return found[-1] if found else None


def clean(text: str) -> str:
    """A message without escape codes, Beam's step and TensorFlow's operation, its lines joined."""
    text = _OPERATION.sub("", _STEP.sub("", _ANSI.sub("", text)))
    return " ".join(part for line in text.splitlines() if (part := line.strip()))


def _frames(error: BaseException) -> Iterator[Frame]:
    """Every frame, outermost first: those of tracebacks, and those that a message tells as text (Beam, AutoGraph)."""
    for found in chain(error):
        for entry in traceback.extract_tb(found.__traceback__):
            yield Frame(entry.filename, entry.lineno or 0, entry.name)
        for file, line, function in _FRAME.findall(str(found)):
            yield Frame(file, int(line), function)
        if isinstance(found, SyntaxError) and found.filename:
            yield Frame(found.filename, found.lineno or 0, "<module>")


def _is_users(file: str, folders: list[Path]) -> bool:
    if not file.startswith("/") or any(part in file for part in _NOT_THE_USERS):  # compiled modules name relative files
        return False
    own = Path(graduate.__file__).resolve().parent
    ours = (own, (own / "pipeline").resolve(), (own / "components").resolve())
    path = Path(file).resolve()
    return any(path.is_relative_to(folder) for folder in folders) and not any(
        path.is_relative_to(folder) for folder in ours
    )


def _in_text(text: str) -> list[tuple[str, str, str | None]]:
    """The exceptions of a traceback that is text: (type, message, hint), what began it first."""
    if "Traceback (most recent call last)" not in text:
        return []
    found: list[tuple[str, list[str]]] = []
    open_ = False
    for line in text.splitlines():
        raised = _RAISED.match(line)
        if _NEXT_BLOCK.match(line) or line.startswith("  File "):
            open_ = False
        elif raised and not open_:
            found.append((raised[1], [raised[2] or ""]))
            open_ = True
        elif open_:
            found[-1][1].append(line)
    return [(kind, *_split_hint(lines)) for kind, lines in found]


def _split_hint(lines: list[str]) -> tuple[str, str | None]:
    for at, line in enumerate(lines):
        if line.startswith(_HINT):
            return clean("\n".join(lines[:at])), clean("\n".join(lines[at:])).removeprefix(_HINT) or None
    return clean("\n".join(lines)), None
