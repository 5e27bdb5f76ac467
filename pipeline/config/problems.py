"""What is wrong with a config, in plain words: key, place, what was expected, what was given."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from graduate.errors import UsageError
from graduate.pipeline.config.groups import Group
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.source import Path, Source, dotted

MOST_SHOWN = 10


class Problem(NamedTuple):
    """One thing that is wrong with the key at `path`; `where` only if it is not where that key stands."""

    path: Path
    message: str
    hint: str | None = None
    where: str | None = None


class ConfigError(UsageError):
    """All that is wrong with a config. One problem: its sentence and its hint; several: a line each."""

    def __init__(self, problems: Sequence[tuple[str, str, str | None]]) -> None:
        where, message, hint = problems[0]
        super().__init__(message, hint=hint, where=where)
        self.problems = tuple(problems)

    def __reduce__(self):
        return (ConfigError, (self.problems,))

    def render(self) -> str:
        if len(self.problems) == 1:
            return super().render()
        lines = [f"error: {where}: {message}{_brief(hint)}" for where, message, hint in self.problems[:MOST_SHOWN]]
        if more := len(self.problems) - MOST_SHOWN:
            lines += [f"… and {more} more"] if more > 0 else []
        return "\n".join(lines)


def _brief(hint: str | None) -> str:
    """Among several problems a hint has its place only where it says what to write."""
    return f"; {hint}" if hint and hint.startswith(("did you mean", "for example")) else ""


def config_error(problems: Iterable[Problem], source: Source) -> ConfigError:
    """The error for some problems, in the order of the file."""
    placed = [(problem.where or source.place(problem.path), problem.message, problem.hint) for problem in problems]
    return ConfigError(sorted(dict.fromkeys(placed), key=lambda each: _order(each[0], source.name)))


def _order(where: str, name: str) -> tuple[bool, int]:
    line = where.removeprefix(f"{name}:")
    return (where != name and not line.isdigit(), int(line) if line.isdigit() else 0)


def from_pydantic(error: ValidationError) -> list[Problem]:
    """What pydantic found, one problem a key. A missing key whose misspelling is there too is not mentioned again."""
    problems: dict[Path, Problem] = {}
    meant: set[Path] = set()
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part not in ("<plain>", "<group>"))
        if found["type"] == "extra_forbidden" or path[-1:] == ("[key]",):
            path = path[:-1] if path[-1:] == ("[key]",) else path
            problem, near = _unknown(path)
            meant.update({(*path[:-1], near)} if near else ())
        else:
            problem = _wrong(path, found)
        problems.setdefault(problem.path, problem)
    return [problem for path, problem in problems.items() if path not in meant]


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice nearest to a mistyped word, if one is near. `batchsize` and `batch_size` are as near as can be."""
    plain = {choice.replace("_", "").replace("-", "").lower(): choice for choice in choices}
    bare = word.replace("_", "").replace("-", "").lower()
    near = difflib.get_close_matches(bare, plain, n=1, cutoff=0.6)
    return plain[near[0]] if near else None


def one_of(choices: Iterable[Any]) -> str:
    """`a, b or c`."""
    *others, last = map(str, choices)
    return f"{', '.join(others)} or {last}" if others else last


# --- unknown keys


def _unknown(path: Path) -> tuple[Problem, str | None]:
    """The problem of an unknown key, and the key of the same group that was meant, if any."""
    key = str(path[-1])
    choices = keys_at(path[:-1])
    near = nearest(key, choices)
    if near:
        hint = f"did you mean {near}?"
    elif elsewhere := [other for other in _all_keys(PipelineConfig, ()) if other[-1] == key]:
        hint = f"did you mean {' or '.join(dotted(other) for other in elsewhere[:3])}?"
    else:
        group = dotted(path[:-1]) or "a config"
        hint = f"{group} takes {', '.join(choices)}"
    return Problem(path, f"unknown key {dotted(path)}", hint), near


def keys_at(path: Path) -> list[str]:
    """The keys that the group at a path takes."""
    keys: dict[str, None] = {}
    for kind in _kinds(PipelineConfig, path):
        if _is_group(kind):
            keys.update(dict.fromkeys(_fields(kind)))
        elif typing.get_origin(kind) is dict:
            keys.update(dict.fromkeys(typing.get_args(typing.get_args(kind)[0])))
    return list(keys)


def is_text(path: Path) -> bool:
    """Whether the key at a path takes text and nothing else."""
    kinds = [kind for kind in _kinds(PipelineConfig, path) if kind is not type(None)]
    return bool(kinds) and all(kind is str for kind in kinds)


def field_at(path: Path) -> FieldInfo | None:
    """The field that a path names, or the nearest one around it (`transform.size` for `transform.size.0`)."""
    for length in range(len(path), 0, -1):
        for kind in _kinds(PipelineConfig, path[: length - 1]):
            if _is_group(kind) and str(path[length - 1]) in _fields(kind):
                return _fields(kind)[str(path[length - 1])]
    return None


def _fields(group: type[Group]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in group.model_fields.items()}


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Group)


def _kinds(kind: Any, path: Path) -> Iterator[Any]:
    """The types that the value at a path may have: branches of a union each for itself."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        yield from _kinds(typing.get_args(kind)[0], path)
    elif origin in (typing.Union, types.UnionType):
        for branch in typing.get_args(kind):
            yield from _kinds(branch, path)
    elif not path:
        yield kind
    elif _is_group(kind):
        if str(path[0]) in _fields(kind):
            yield from _kinds(_fields(kind)[str(path[0])].annotation, path[1:])
    elif origin in (list, tuple, dict):
        yield from _kinds(typing.get_args(kind)[-1], path[1:])


def _all_keys(group: type[Group], path: Path) -> Iterator[Path]:
    for key in _fields(group):
        yield (*path, key)
        for kind in _kinds(group, (key,)):
            if _is_group(kind):
                yield from _all_keys(kind, (*path, key))


# --- wrong values


def _wrong(path: Path, found: Any) -> Problem:
    key, kind, given = dotted(path), found["type"], found["input"]
    if kind == "missing" and isinstance(path[-1], str):
        return Problem(path, f"{key} is missing", _example(path))
    if kind == "missing" or kind in ("too_long", "too_short"):  # of a tuple
        path = path[:-1] if kind == "missing" else path
        return Problem(path, f"{dotted(path)} has to be two whole numbers, height and width", _example(path))
    if kind == "string_pattern_mismatch":
        field = field_at(path)
        return Problem(path, f"{key} cannot be {_show(given)}", f"it {field.description}" if field else None)
    if kind == "literal_error":
        return _not_a_choice(path, given)
    if given is None and kind.endswith("_type"):
        return Problem(path, f"{key} has no value; expected {_expected(kind, found)}", _about(path))
    hint = _about(path)
    if kind == "string_type" and isinstance(given, bool | int | float):
        hint = f"put it in quotes: {json.dumps(str(given).lower() if isinstance(given, bool) else str(given))}"
    return Problem(path, f"{key} has to be {_expected(kind, found)}, not {_show(given)}", hint)


def _not_a_choice(path: Path, given: Any) -> Problem:
    choices = [
        choice
        for kind in _kinds(PipelineConfig, path)
        if typing.get_origin(kind) is typing.Literal
        for choice in typing.get_args(kind)
    ]
    listed = one_of(choices)
    near = nearest(given, map(str, choices)) if isinstance(given, str) else None
    forms = [form for form in map(_form, _kinds(PipelineConfig, path)) if form]
    also = f", or {forms[0]}" if forms else ""
    return Problem(
        path,
        f"{dotted(path)} has to be {listed}{also}, not {_show(given)}",
        f"did you mean {near}?" if near else _about(path),
    )


def _form(kind: Any) -> str | None:
    return "a mapping" if _is_group(kind) or typing.get_origin(kind) is dict else None


_EXPECTED: dict[str, str | Callable[[dict[str, Any]], str]] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "greater_than": lambda ctx: f"greater than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"at least {ctx['ge']:g}",
    "less_than": lambda ctx: f"less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"at most {ctx['le']:g}",
}


def _expected(kind: str, found: Any) -> str:
    known = _EXPECTED.get(kind)
    if callable(known):
        return known(found["ctx"])
    return known or found["msg"][:1].lower() + found["msg"][1:]


def _about(path: Path) -> str | None:
    field = field_at(path)
    return f"{dotted(path)}: {field.description}" if field and field.description else None


def _example(path: Path) -> str | None:
    field = field_at(path)
    if not field or not field.examples:
        return _about(path)
    return f"for example {path[-1]}: {_flow(field.examples[0])}"


def _flow(value: Any) -> str:
    """A value in YAML's flow style, without the quotes of JSON."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    return value if isinstance(value, str) else json.dumps(value)


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1:]
