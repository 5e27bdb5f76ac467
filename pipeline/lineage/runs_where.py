"""Conditions on runs, `accuracy>0.95`, `data.images==digits`: by metric, config key or recorded fact."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.lineage.records import Run
from graduate.pipeline.lineage.runs_changes import flat

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*(?P<name>[^=!<>\s]+)\s*(?P<operator>==|!=|<=|>=|=|<|>)\s*(?P<value>.*?)\s*", re.DOTALL)
_LONG = ("config", "result", "installed", "libraries", "findings", "nodes", "user_code")  # facts that are no one value


@dataclass(frozen=True)
class Condition:
    """`name operator value`, as somebody typed it in `text`."""

    text: str
    name: str
    operator: str
    value: str

    @property
    def ordered(self) -> bool:
        """Whether it asks for more or less, not for the same."""
        return self.operator[0] in "<>"


def parse(text: str) -> Condition:
    """A condition.

    Raises:
        UsageError: it is none.
    """
    found = _FORM.fullmatch(text)
    if not found or not found["value"]:
        raise UsageError(
            f"--where {text}: that is no condition",
            hint="write NAME, one of = == != < <= > >=, and a value: 'accuracy>0.95', 'training.optimizer==adam'",
        )
    return Condition(text, found["name"], found["operator"], found["value"])


def chosen(runs: Sequence[Run], conditions: Collection[Condition]) -> list[Run]:
    """Those of the runs that fulfil every condition.

    Args:
        runs: read with their config and facts.
        conditions: as `parse` gives them.

    Raises:
        UsageError: a name that none of the runs has, with the nearest; `<` or `>` of what is no number in any.
    """
    told = [{**_facts(run), **flat(run.config), **run.metrics} for run in runs]
    for condition in conditions:
        _check(condition, told)
    return [run for run, values in zip(runs, told, strict=True) if all(_holds(one, values) for one in conditions)]


def _facts(run: Run) -> dict[str, Any]:
    own = {"pipeline": run.pipeline, "status": run.status}
    return {**{name: value for name, value in run.facts.items() if name not in _LONG}, **own}


def _check(condition: Condition, told: Sequence[Mapping[str, Any]]) -> None:
    if not told:
        return
    values = [one[condition.name] for one in told if condition.name in one]
    if not values:
        from graduate.pipeline.cli._parser import suggest

        names = {name for one in told for name in one}
        near = suggest(condition.name, names) or next(
            (n for n in sorted(names) if n.endswith(f".{condition.name}")), None
        )
        raise UsageError(
            f"--where {condition.text}: no run has a metric or config key {condition.name}",
            hint=f"did you mean {near}?" if near else f"metrics and keys: {', '.join(sorted(names)[:8])}, …",
        )
    if condition.ordered and (_number(condition.value) is None or not any(map(_is_number, values))):
        shown = next((one for one in values if not _is_number(one)), values[0])
        what = condition.value if _number(condition.value) is None else f"{condition.name} ({json.dumps(shown)})"
        raise UsageError(f"--where {condition.text}: {what} is no number", hint="text is compared with == and !=")


def _holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    """A run without the value fulfils nothing, not even `!=`."""
    if condition.name not in values:
        return False
    value, compare = values[condition.name], _OPERATORS[condition.operator]
    wanted = _number(condition.value)
    if _is_number(value) and wanted is not None:
        return compare(float(value), wanted)
    if condition.ordered:
        return False
    return compare(_canonical(value), _canonical(_read(condition.value)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read(text: str) -> Any:
    """JSON where it is JSON (`true`, `null`, `[1, 2]`, `"text"`), else the text itself; `unset` is null."""
    try:
        return None if text == "unset" else json.loads(text)
    except ValueError:
        return text


def _canonical(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
