"""The API v2beta1 as it is published: read out of the released client, which is generated from the definition.

Paths, methods, query parameters, and the types of what is sent and answered come from `kfp_server_api`; what does not
fit them is a fault of whoever sent it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kfp_server_api
from kfp_server_api import models

_CALL = re.compile(r"'(/apis/v2beta1/[^']*)', '([A-Z]+)'")
_QUERY = re.compile(r"query_params\.append\(\('(\w+)'")
_ANSWER = re.compile(r"response_type='([^']*)'")
_BODY = re.compile(r":type body: (\w+)")


@dataclass(frozen=True)
class Operation:
    """One operation: `name` is the client's method."""

    name: str
    method: str
    path: str
    query: frozenset[str]
    body: str | None
    answer: str

    @property
    def pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.path)
        text = "".join(f"(?P<{part}>[^/:]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        return re.compile(text + "$")


def operations() -> list[Operation]:
    """Every operation of the API."""
    return [
        _operation(name, inspect.getsource(method))
        for kind in vars(kfp_server_api).values()
        if inspect.isclass(kind) and kind.__name__.endswith("ServiceApi")
        for name, method in vars(kind).items()
        if name.endswith("_with_http_info")
    ]


def _operation(name: str, source: str) -> Operation:
    path, method = _CALL.search(source).groups()
    body = _BODY.search(source)
    return Operation(
        name.removesuffix("_with_http_info"),
        method,
        path,
        frozenset(_QUERY.findall(source)),
        body[1] if body else None,
        _ANSWER.search(source)[1],
    )


def misfits(value: Any, kind: str, where: str = "") -> Iterator[str]:
    """What of a JSON value does not fit a type of the definition."""
    if value is None:
        return
    if found := re.match(r"list\[(.*)\]$", kind):
        yield from _of_list(value, found[1], where)
    elif found := re.match(r"dict\(str, (.*)\)$", kind):
        yield from _of_map(value, found[1], where)
    elif kind in ("str", "datetime", "int", "float", "bool", "object"):
        kinds = {"str": str, "datetime": str, "int": (int, str), "float": (int, float), "bool": bool}
        if not isinstance(value, kinds.get(kind, object)):
            yield f"{where} is no {kind}: {value!r}"
    else:
        yield from _of_model(value, getattr(models, kind), where)


def _of_list(value: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where} is no list: {value!r}"
        return
    for at, one in enumerate(value):
        yield from misfits(one, kind, f"{where}[{at}]")


def _of_map(value: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object: {value!r}"
        return
    for key, one in value.items():
        yield from misfits(one, kind, f"{where}.{key}")


def _of_model(value: Any, model: Any, where: str) -> Iterator[str]:
    allowed = getattr(model, "allowable_values", None)
    if allowed is not None:
        if value not in allowed:
            yield f"{where} is none of {allowed}: {value!r}"
        return
    if not isinstance(value, dict):
        yield f"{where} is no {model.__name__}: {value!r}"
        return
    kinds = {key: model.openapi_types[name] for name, key in model.attribute_map.items()}
    for key, one in value.items():
        if key in kinds:
            yield from misfits(one, kinds[key], f"{where}.{key}")
        else:
            yield f"{where}.{key} is not in {model.__name__}"
