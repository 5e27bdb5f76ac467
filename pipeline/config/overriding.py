"""`--set a.b=c`: one key of a config overridden from the command line."""

from __future__ import annotations

from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.config.problems import is_text
from graduate.pipeline.config.source import Path, Source, dotted, parse


def apply(override: str, source: Source) -> None:
    """Set one key in `source.values`, and note that it came from `--set`.

    Whether the key is one that a config has is found later, with all the others.

    Raises:
        UsageError: there is no `=`, the value is not YAML, or the path leads into a plain value or past a list's end.
    """
    key, equals, text = override.partition("=")
    where = f"--set {key}"
    if not equals or not all(key.split(".")):
        raise UsageError(
            f"--set takes KEY=VALUE, not {override!r}", hint="for example --set training.learning_rate=0.003"
        )
    path = tuple(key.split("."))
    given = _value(text, where)
    if text.strip() and given is not None and not isinstance(given, str) and is_text(path):
        given = text  # `--set data.images=2024`: the shell has taken the quotes that YAML would need
    *groups, last = path
    holder: Any = source.values
    done: Path = ()
    for name in groups:
        holder, done = _enter(holder, name, done, override, where)
    at = _index(holder, last, done, where)
    holder[at] = given
    for place in [place for place in source.places if place[: len(done) + 1] == (*done, at)]:
        del source.places[place]
    source.places[(*done, at)] = where


def _value(text: str, where: str) -> Any:
    try:
        return parse(text, where).values
    except UsageError as error:
        raise UsageError(f"{text!r} is not a YAML value: {error.message}", hint=_quotes(text), where=where) from None


def _quotes(text: str) -> str:
    return f"text with special characters needs quotes, for the shell and for YAML: '\"{text}\"'"


def _enter(holder: Any, name: str, done: Path, override: str, where: str) -> tuple[Any, Path]:
    """One step down the path; a group that is not there is made."""
    at = _index(holder, name, done, where)
    if isinstance(holder, dict) and holder.get(name) is None:
        holder[name] = {}
    below = holder[at]
    if not isinstance(below, dict | list):
        outer = dotted((*done, at))
        inner, _, text = override[len(outer) + 1 :].partition("=")
        whole = f"set it as a whole, for example --set '{outer}={{{inner}: {text}}}'" if "." not in inner else None
        raise UsageError(f"{outer} is {below!r}, which has no keys", hint=whole, where=where)
    return below, (*done, at)


def _index(holder: Any, name: str, done: Path, where: str) -> str | int:
    if isinstance(holder, dict):
        return name
    if not name.isdecimal() or int(name) >= len(holder):
        size = f"{len(holder)} entr{'y' if len(holder) == 1 else 'ies'}"
        raise UsageError(
            f"{dotted(done)} is a list of {size}; {name} is not one of them", hint=_indices(holder, done), where=where
        )
    return int(name)


def _indices(holder: list[Any], done: Path) -> str:
    if not holder:
        return f"set {dotted(done)} itself"
    return f"entries are numbered from 0: {dotted(done)}.0 is the first"
