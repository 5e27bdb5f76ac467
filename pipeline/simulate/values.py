"""Parameter values as Kubeflow's Go programs write, read and compare them: every number is a double."""

from __future__ import annotations

import json
import math
from typing import Any

from graduate.errors import UserError

TYPES: dict[str, type | tuple[type, ...]] = {
    "STRING": str,
    "NUMBER_INTEGER": float,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


def doubles(value: Any) -> Any:
    """A value as protobuf's `Value` holds it: all numbers doubles, also in lists and dicts."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list | tuple):
        return [doubles(one) for one in value]
    return {str(name): doubles(one) for name, one in value.items()}


def dumps(value: Any, *, ordered: bool = False, escaped: bool = False) -> str:
    """JSON as Go writes it: a double that is whole has no point.

    Args:
        value: of `doubles`, and what holds such.
        ordered: keys sorted, as `encoding/json` does.
        escaped: `<`, `>` and `&` as `encoding/json` has them.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=ordered)
    if escaped:
        for sign, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
            text = text.replace(sign, code)
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def text(value: Any) -> str:
    """A value where text is wanted: in a command's arguments, in a parameter of type STRING."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    return value if isinstance(value, str) else dumps(value, ordered=True, escaped=True)


def number(value: float) -> str:
    """`strconv.FormatFloat(value, 'f', -1, 64)`: never an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    if value.is_integer():
        return str(int(value))
    import decimal

    return format(decimal.Decimal(repr(value)), "f")


def parsed(written: str, kind: str) -> Any:
    """A value from the text of an output parameter's file.

    Raises:
        ValueError: the text is not of the type.
    """
    if kind == "STRING":
        return written
    if kind in ("NUMBER_INTEGER", "NUMBER_DOUBLE"):
        stripped = written.strip()
        return float(int(stripped)) if kind == "NUMBER_INTEGER" else float(stripped)
    if kind == "BOOLEAN":
        if written.strip() not in ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"):
            raise ValueError(f"{written.strip()!r} is neither true nor false")
        return written.strip() in ("1", "t", "T", "true", "TRUE", "True")
    found = doubles(json.loads(written))
    if kind not in ("LIST", "STRUCT") or not isinstance(found, TYPES[kind]):
        raise ValueError(f"it is no {kind}")
    return found


def conformed(name: str, value: Any, kind: str) -> Any:
    """An input's value, checked against its type as the driver does; what is wanted as text becomes text.

    Raises:
        UserError: it is of another type.
    """
    if kind == "STRING":
        return value if isinstance(value, str) else text(value)
    expected = TYPES.get(kind)
    if expected is None or isinstance(value, expected):
        return value
    raise UserError(f"input parameter {name!r} type mismatch: expect {kind}, got {_named(value)}")


def _named(value: Any) -> str:
    names = {bool: "bool", float: "number", str: "string", list: "list", dict: "struct"}
    return names.get(type(value), "null")
