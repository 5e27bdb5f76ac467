"""Runs the commands of a page in a folder, and compares what they say with what the page says they say.

Commands are the lines that begin with `$ ` in the page's `console` blocks; what follows one is its stdout. `…` stands
for anything, alone on a line for any lines. Ids of runs and versions differ from run to run: the first time that the
page has one, what the command says in its place is remembered, and holds for the rest of the page. Times, digests,
sizes and digits after a point differ too. How lines are broken and filled does not count: it follows from the widths
of those.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_DRAWN = re.compile(r"[│├└─·\s]+")
_ID = r"[a-z_]+-\d{8}-\d{6}-[0-9a-f]{4}|\b1\d{9}\b"
# What differs from run to run, and what may stand in its place; the first that fits counts.
_VARYING = (
    (_ID, ""),
    (r"\b\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?", r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?"),
    (r"\b(\d+m )?\d+(\.\d+)? ?(s|ms)\b", r"(\d+m )?\d+(\.\d+)? ?(s|ms)"),
    (r"\b\d+(\.\d+)? (B|kB|MB|GB)(?!\w)", r"\d+(\.\d+)? (B|kB|MB|GB)"),
    (r"\b[0-9a-f]{64}\b", r"[0-9a-f]{64}"),
    (r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12}\b", r"[0-9a-f]{12}"),
    (r"\b\d+\.\d+(e-\d+)?", r"\d+(\.\d+)?(e-\d+)?"),
    (r"\b\d+ versions\b", r"\d+ versions"),  # of the libraries that are installed
)
_ANY_VARYING = re.compile("|".join(f"(?P<v{at}>{found})" for at, (found, _) in enumerate(_VARYING)))


@dataclass(frozen=True)
class Step:
    """A command of a page, and what the page says it prints."""

    command: str
    says: str


@dataclass
class Player:
    """Plays steps in a folder.

    Attributes:
        folder: where the commands are started.
        home: what the page calls that folder.
        who: what the page calls whoever runs it.
        ids: ids of the page, and what they are here.
        environment: of the commands.
    """

    folder: Path
    home: str
    who: str
    ids: dict[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """`graduate` is this one, whatever else is installed."""
        programs = self.folder.parent / "programs"
        programs.mkdir()
        program = programs / "graduate"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m graduate.pipeline.cli "$@"\n')
        program.chmod(0o755)
        around = {key: value for key, value in os.environ.items() if not key.startswith("GRADUATE_")}
        path = f"{programs}{os.pathsep}{around['PATH']}"
        # What stands beside a run and what below it, under a name, follows from the terminal's width.
        self.environment = {**around, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "100"}

    def play(self, step: Step) -> None:
        """Run a command, and hold what it prints against the page.

        Raises:
            AssertionError: they differ.
        """
        command = re.sub(_ID, lambda found: self.ids.get(found[0], found[0]), step.command)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=300,
        )
        differs = self._difference(step.says, self._as_told(done.stdout))
        assert not differs, f"$ {command}\n{differs}\n--- it said\n{done.stdout}\n--- on stderr\n{done.stderr[-3000:]}"

    def _as_told(self, said: str) -> str:
        """What was said, in the page's words for this folder and this user."""
        for real in {str(self.folder), os.path.realpath(self.folder)}:
            said = said.replace(real, self.home)
        return re.sub(r"\bby [^\s@]+@[^\s,:]+", f"by {self.who}", said)

    def _difference(self, page: str, said: str) -> str:
        """Where they part; "" where they agree."""
        parts = [_flat(part) for part in page.split("…")]
        text, at = _flat(said), 0
        for number, part in enumerate(parts):
            first, last = number == 0, number == len(parts) - 1
            pattern = self._pattern(part) + (r"\s*\Z" if last and part else "")
            found = (re.compile(pattern).match if first else re.compile(pattern).search)(text, at)
            if found is None or (last and number == 0 and not part and text):
                return f"--- the page has\n{part}\n--- not found in\n{text[at : at + 2000]}"
            self.ids |= {_id_of(name): value for name, value in found.groupdict().items() if value}
            at = found.end()
        return ""

    def _pattern(self, part: str) -> str:
        """A part of the page as a regular expression."""
        pattern, end, new = "", 0, set[str]()
        for found in _ANY_VARYING.finditer(part):
            pattern += re.escape(part[end : found.start()])
            end = found.end()
            word = found[0]
            if found["v0"] is None:
                pattern += _VARYING[int(str(found.lastgroup)[1:])][1]
            elif word in self.ids:
                pattern += re.escape(self.ids[word])
            else:
                pattern += f"(?P={_group(word)})" if word in new else f"(?P<{_group(word)}>{_ID})"
                new.add(word)
        return pattern + re.escape(part[end:])


def steps(page: str) -> Iterator[Step]:
    """The commands of a page, in order."""
    for kind, block in _BLOCK.findall(page):
        if kind == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, says = part.partition("\n")
                yield Step(command, says)


def block(page: str, kind: str) -> str:
    """The one block of a kind."""
    [found] = [text for name, text in _BLOCK.findall(page) if name == kind]
    return str(found)


def _flat(text: str) -> str:
    return _DRAWN.sub(" ", text).strip()


def _group(word: str) -> str:
    return "id_" + word.replace("-", "_dash_")


def _id_of(group: str) -> str:
    return group.removeprefix("id_").replace("_dash_", "-")
