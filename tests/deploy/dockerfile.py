"""Reads a Dockerfile into stages of steps: as much of the format as deploy/Dockerfile uses; the rest is an error."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

KNOWN = {"ARG", "CMD", "COPY", "ENV", "FROM", "LABEL", "RUN", "USER", "WORKDIR"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Step:
    """An instruction with its flags (`--from=build`) and the rest of its line, not yet expanded."""

    name: str
    flags: tuple[str, ...]
    rest: str

    def flag(self, name: str) -> str | None:
        """The value of a flag."""
        return next((flag.split("=", 1)[1] for flag in self.flags if flag.startswith(f"--{name}=")), None)

    def words(self) -> list[str]:
        """The rest as words, quotes taken off; of the JSON form its strings."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)

    def pairs(self) -> list[tuple[str, str]]:
        """The rest of ENV, ARG and LABEL as names and values."""
        return [(name, value) for name, _, value in (word.partition("=") for word in self.words())]


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)


def read(path: Path) -> list[Stage]:
    """The stages of a Dockerfile.

    Raises:
        ValueError: an instruction that is not known here, or one before the first FROM.
    """
    stages: list[Stage] = []
    for line in _joined(path.read_text(encoding="utf-8")):
        name, _, rest = line.partition(" ")
        if name not in KNOWN:
            raise ValueError(f"{path}: {name} is not known here")
        flags, rest = _flags(rest.strip()) if name in ("COPY", "FROM", "RUN") else ((), rest.strip())
        if name == "FROM":
            base, _, called = rest.partition(" AS ")
            stages.append(Stage(base, called or str(len(stages))))
        elif not stages:
            raise ValueError(f"{path}: {name} before FROM")
        else:
            stages[-1].steps.append(Step(name, flags, rest))
    return stages


def expand(text: str, values: dict[str, str]) -> str:
    """`$NAME` and `${NAME}` replaced, an unknown one by nothing: as Docker does outside of RUN."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), text)


def _joined(text: str) -> list[str]:
    """Instructions, one a line: comments gone, continued lines joined."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return [line.strip() for line in re.sub(r"\\\n", "", "\n".join(kept)).splitlines() if line.strip()]


def _flags(rest: str) -> tuple[tuple[str, ...], str]:
    flags = []
    while found := re.match(r"(--\S+)\s+", rest):
        flags.append(found[1])
        rest = rest[found.end() :]
    return tuple(flags), rest
