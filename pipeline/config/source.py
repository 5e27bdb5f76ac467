"""YAML text to plain values, with the line of every key.

PyYAML reads YAML 1.1, where `no` and `off` are booleans, `1e-3` is a string, `010` is eight and `12:30` is 750. A
config follows YAML 1.2's core schema instead: only `true` and `false` are booleans (a key that takes a boolean takes
`yes`, `no`, `on` and `off` too, see `groups.Switch`), and `1e-3` is a number. Keys are always text: `{0: 1.5}` names
the class "0".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import yaml

from graduate.errors import UsageError

Path = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_MOST_VALUES = 20_000  # aliases of aliases can stand for billions of values


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes; scalars get their type from the core schema of YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict] = {}  # its own: PyYAML would copy those of YAML 1.1


for _name, _pattern, _first in (
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), list(_first))


@dataclass
class Source:
    """Values, and where each came from.

    Attributes:
        name: the file as the user named it.
        values: what the file says, overrides applied.
        places: key path to `file:line` or `--set key`.
    """

    name: str
    values: Any = None
    places: dict[Path, str] = field(default_factory=dict)

    def place(self, path: Path) -> str:
        """Where a key stands: its own line, else that of the group around it, else the file."""
        for length in range(len(path), 0, -1):
            if place := self.places.get(tuple(path[:length])):
                return place
        return self.name


def dotted(path: Path) -> str:
    """A key path as `--set` takes it: `evaluation.slices.0.min_examples`."""
    return ".".join(str(part) for part in path)


def parse(text: str, name: str) -> Source:
    """Read YAML text.

    Raises:
        UsageError: not YAML, several documents, duplicate keys, tags beyond YAML's core, aliases without an end.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, name) from None
    except RecursionError:
        raise UsageError("nested too deeply", where=name) from None
    source = Source(name)
    if node is not None:
        source.values = _Builder(source).build(node, ())
    return source


class _Builder:
    """Turns nodes into values and notes their lines."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.open: set[int] = set()  # nodes that are being built: an alias to one of them has no end
        self.built = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        self.source.places.setdefault(path, self.where(node))
        self.built += 1
        if self.built > _MOST_VALUES:
            raise self.error(node, f"more than {_MOST_VALUES} values, aliases counted each time")
        if id(node) in self.open:
            raise self.error(node, f"{dotted(path) or 'the config'} is an alias that contains itself")
        self.open.add(id(node))
        try:
            return self._build(node, path)
        finally:
            self.open.discard(id(node))

    def _build(self, node: yaml.Node, path: Path) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
            try:
                return _SCALARS[kind](node.value)
            except (ValueError, KeyError):
                raise self.error(node, f"{node.value!r} is not of the type that its tag !!{kind} says") from None
        tag = f"!!{kind}" if node.tag.startswith(_TAG) else node.tag
        raise self.error(
            node, f"the tag {tag} is not allowed", hint="a config holds plain text, numbers, lists and mappings"
        )

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        first: dict[str, yaml.Node] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == _TAG + "merge":
                merged.extend(value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node])
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error(key_node, "a key has to be a word, not a list or a mapping")
            key = key_node.value
            if key in first:
                lines = f"lines {_line(first[key])} and {_line(key_node)}"
                raise self.error(
                    key_node, f"{dotted((*path, key))} is given twice, in {lines}", hint="remove one of them"
                )
            first[key] = key_node
            self.source.places[(*path, key)] = self.where(key_node)
            values[key] = self.build(value_node, (*path, key))
        for other in merged:  # `<<: *defaults`: what stands here wins
            if not isinstance(other, yaml.MappingNode):
                raise self.error(other, "<< takes a mapping, or a list of mappings")
            for key, value in self.build(other, path).items():
                values.setdefault(key, value)
        return values

    def where(self, node: yaml.Node) -> str:
        return f"{self.source.name}:{_line(node)}"

    def error(self, node: yaml.Node, message: str, hint: str | None = None) -> UsageError:
        return UsageError(message, hint=hint, where=self.where(node))


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "null": lambda text: None,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": lambda text: int(text, 0) if text[:2] in ("0o", "0x") else int(text),
    "float": lambda text: float(re.sub(r"\.(?=inf|nan)", "", text.lower())),
}


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _syntax_error(error: yaml.YAMLError, text: str, name: str) -> UsageError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    if mark is None:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        return UsageError(f"not YAML: {problem}", where=f"{name}:{line}")
    lines = text.splitlines()
    shown = lines[mark.line] if mark.line < len(lines) else ""
    hint = "YAML is indented with spaces, not with tabs" if "\t" in shown else None
    if "single document" in (getattr(error, "context", None) or ""):
        problem, hint = "a second document begins here", "one file describes one pipeline"
    elif "mapping values" in problem:
        hint = hint or "is the line indented like its neighbours? Text with `: ` in it needs quotes"
    return UsageError(f"not YAML: {problem}", hint=hint, where=f"{name}:{mark.line + 1}")
