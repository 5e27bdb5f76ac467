"""A config as YAML that a person reads: each line with the reason for its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_WIDTH = 118  # columns of a line
_AT_LEAST = 34  # columns before a comment beside its line


@dataclass
class Group:
    """Keys of a mapping, in order: a value, or a group; a comment for each."""

    lines: list[tuple[str, Any, str | None]] = field(default_factory=list)

    def put(self, key: str, value: Any, comment: str | None = None) -> None:
        """Add a key."""
        self.lines.append((key, value, comment))

    def group(self, key: str, comment: str | None = None) -> Group:
        """Add a key that holds a group, and give that."""
        group = Group()
        self.put(key, group, comment)
        return group

    def say(self, comment: str) -> None:
        """Add a comment alone."""
        self.lines.append(("", None, comment))

    def values(self) -> dict[str, Any]:
        """As a mapping, without the comments."""
        return {key: value.values() if isinstance(value, Group) else value for key, value, _ in self.lines if key}


def text(head: list[str], config: Group) -> str:
    """The file.

    Args:
        head: comment lines that it begins with.
        config: its keys.
    """
    lines = [line for one in head for line in _comment(one, 0)]
    lines += _lines(config, 0)
    return "\n".join(lines) + "\n"


def _lines(group: Group, depth: int) -> list[str]:
    lines: list[str] = []
    indent = "  " * depth
    for key, value, comment in group.lines:
        if not key:
            lines += _comment(comment or "", depth)
            continue
        if isinstance(value, Group):
            lines += _beside(f"{indent}{_plain(key)}:", comment, depth)
            lines += _lines(value, depth + 1)
        else:
            lines += _beside(f"{indent}{_plain(key)}: {_plain(value)}", comment, depth)
    return lines


def _beside(line: str, comment: str | None, depth: int) -> list[str]:
    """A line with its comment: behind it where both fit, else before it."""
    if not comment:
        return [line]
    comment = _one_line(comment)
    both = f"{line:<{_AT_LEAST}} # {comment}" if len(line) < _AT_LEAST else f"{line}  # {comment}"
    return [both] if len(both) <= _WIDTH else [*_comment(comment, depth), line]


def _comment(comment: str, depth: int) -> list[str]:
    import textwrap

    indent = "  " * depth + "# "
    return textwrap.wrap(
        _one_line(comment), _WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    ) or [indent.rstrip()]  # fmt: skip


def _one_line(comment: str) -> str:
    """Names from the data may hold anything: no line break of theirs may end a comment."""
    return comment if comment.isprintable() else "".join(one if one.isprintable() else " " for one in comment)


def _plain(value: Any) -> str:
    """A value in YAML's flow style on one line; text as it is where that is safe."""
    import yaml

    # the dumper quotes text that YAML reads as something else; line breaks it would fold, unless between double quotes
    odd = [
        one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and not one.isprintable()
    ]
    written = yaml.safe_dump(
        value,
        default_flow_style=True,
        default_style='"' if odd else None,
        allow_unicode=True,
        width=10**6,
        sort_keys=False,
    ).strip()
    return written.removesuffix("...").strip()
