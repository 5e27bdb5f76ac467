"""`--param KEY=VALUE`: the parameters of one run, in the types that its pipeline declares."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from graduate.errors import UsageError

_FACT = "graduate_"  # parameters that tell what was compiled; nobody may say otherwise


def of(pairs: Sequence[str], declared: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a run.

    Args:
        pairs: `KEY=VALUE`, a key as the config has it (`training.learning_rate`) or as the pipeline has it.
        declared: name to KFP's type.

    Raises:
        UsageError: there is no such parameter, or the value is not of its type.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--param {pair} is no KEY=VALUE", hint="e.g. --param training.learning_rate=0.01")
        name = _name(key, declared)
        found[name] = _value(key, value, declared[name])
    return found


def _name(key: str, declared: Mapping[str, str]) -> str:
    name = key.replace(".", "_").replace("-", "_")
    free = sorted(one for one in declared if not one.startswith(_FACT))
    if name in free:
        return name
    if name in declared:
        raise UsageError(f"--param {key}: it tells what was compiled, and is not for changing", hint=_free(free))
    from graduate.pipeline.cli._parser import suggest

    near = suggest(name, free)
    raise UsageError(
        f"--param {key}: this pipeline has no such parameter",
        hint=f"did you mean {near}?" if near else f"{_free(free)}; kubeflow.parameters adds others",
    )


def _free(names: Sequence[str]) -> str:
    return f"there are: {', '.join(names)}" if names else "this pipeline has none"


def _value(key: str, text: str, kind: str) -> Any:
    if kind == "STRING":
        return text
    if kind in ("STRUCT", "LIST"):
        value = _json(text)
        if isinstance(value, dict if kind == "STRUCT" else list):
            return value
        raise UsageError(f"--param {key}={text} is no {'object' if kind == 'STRUCT' else 'list'} of JSON")
    if kind == "BOOLEAN":
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise UsageError(f"--param {key}={text} is neither true nor false")
    try:
        number = int(text) if kind == "NUMBER_INTEGER" else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"--param {key}={text} is no {'whole number' if kind == 'NUMBER_INTEGER' else 'number'}")
    return number


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
