"""JSON to arrays and back, as TensorFlow Serving's REST API maps them: rows (`instances`) or columns (`inputs`).

The format: https://www.tensorflow.org/tfx/serving/api_rest. NaN, Infinity and -Infinity stand bare in JSON, both ways.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from graduate.pipeline.serve.servable import DEFAULT, Spec

ROW, COLUMN = "instances", "inputs"
_ANSWER = {ROW: "predictions", COLUMN: "outputs"}
_DEEPEST = 254  # dimensions of TensorFlow's tensors
_LARGEST = float(np.finfo(np.float32).max)


class Malformed(Exception):
    """The request is not what the API takes; in words. TensorFlow Serving's INVALID_ARGUMENT."""


class Asked(NamedTuple):
    """A request to predict: the signature's name, `instances` or `inputs`, and what stands there."""

    signature: str
    form: str
    value: Any


def read(body: bytes) -> Asked:
    """A request's body.

    Raises:
        Malformed: it is no JSON object, or has not one of the two keys.
    """
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        at = f" at offset: {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)[:120]
        raise Malformed(f"JSON Parse error: {said}{at}") from None
    if not isinstance(request, dict):
        raise Malformed(f"The request must be a JSON object, but it is {_name(request)}")
    signature = request.get("signature_name", DEFAULT)
    if not isinstance(signature, str):
        raise Malformed("'signature_name' must be a string value")
    forms = [form for form in (ROW, COLUMN) if form in request]
    if len(forms) != 1:
        missing = "is missing" if not forms else "may not both be given"
        raise Malformed(f"'{ROW}' (rows) or '{COLUMN}' (columns): {'one' if not forms else 'they'} {missing}")
    return Asked(signature or DEFAULT, forms[0], request[forms[0]])


def arrays(asked: Asked, specs: Mapping[str, Spec]) -> dict[str, Any]:
    """The values of each input.

    Args:
        asked: the request.
        specs: the inputs of its signature.

    Raises:
        Malformed: an input is missing, unknown, ragged or of another type.
    """
    if asked.form == ROW:
        return _rows(asked.value, specs)
    value = asked.value
    if not isinstance(value, dict) or (len(specs) == 1 and _is_bytes(value)):
        if len(specs) != 1:
            raise Malformed(f"'{COLUMN}' must be an object with the keys {_listed(specs)}, but it is {_name(value)}")
        value = {next(iter(specs)): value}
    _check_keys(value, specs, f"'{COLUMN}'")
    return {name: _array(value[name], spec, f"'{COLUMN}' {name}") for name, spec in specs.items()}


def _rows(value: Any, specs: Mapping[str, Spec]) -> dict[str, Any]:
    if not isinstance(value, list) or not value:
        raise Malformed(f"'{ROW}' must be a list with at least one instance")
    named = isinstance(value[0], dict) and not _is_bytes(value[0])
    if not named and len(specs) != 1:
        raise Malformed(
            f"each of '{ROW}' must be an object with the keys {_listed(specs)}: the model has several inputs"
        )
    for at, row in enumerate(value):
        if (isinstance(row, dict) and not _is_bytes(row)) != named:
            wanted = "Expecting object but got" if named else "Expecting value/list but got"
            raise Malformed(f"'{ROW}' number {at}: {wanted} {_name(row)}")
        if named:
            _check_keys(row, specs, f"'{ROW}' number {at}")
    columns = {name: [row[name] for row in value] for name in specs} if named else {next(iter(specs)): value}
    return {name: _array(column, specs[name], f"'{ROW}' {name}") for name, column in columns.items()}


def _check_keys(given: Mapping[str, Any], specs: Mapping[str, Spec], where: str) -> None:
    if missing := sorted(set(specs) - set(given)):
        raise Malformed(f"{where}: missing named input: {', '.join(missing)}")
    if unknown := sorted(set(given) - set(specs)):
        raise Malformed(f"{where}: the model has no input {', '.join(unknown)}; its inputs are {_listed(specs)}")


def _listed(specs: Mapping[str, Spec]) -> str:
    names = list(specs)
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


def _array(value: Any, spec: Spec, where: str) -> Any:
    shape = _shape(value, where)
    if spec.shape is not None and len(shape) != len(spec.shape):
        wanted = [-1 if size is None else size for size in spec.shape]
        raise Malformed(f"{where}: Expecting shape {wanted} but got {list(shape)}")
    flat = [_cell(one, spec.kind, where) for one in _flat(value)]
    if spec.kind == "string":
        found = np.empty(len(flat), object)
        found[:] = flat
    else:
        found = np.array(flat, spec.kind)
    return found.reshape(shape)


def _shape(value: Any, where: str, depth: int = 1) -> tuple[int, ...]:
    """The shape of nested lists.

    Raises:
        Malformed: they are ragged, or nested deeper than any tensor.
    """
    if not isinstance(value, list):
        return ()
    if depth > _DEEPEST:
        raise Malformed(f"{where}: lists are nested deeper than {_DEEPEST}")
    if not value:
        return (0,)
    first = _shape(value[0], where, depth + 1)
    for one in value[1:]:
        if (other := _shape(one, where, depth + 1)) != first:
            raise Malformed(f"{where}: Expecting shape {list(first)} but got {list(other)}")
    return (len(value), *first)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _cell(cell: Any, kind: str, where: str) -> Any:
    if kind == "string":
        return _text(cell, where)
    if kind == "bool":
        if isinstance(cell, bool):
            return cell
    elif kind.startswith(("float", "double", "bfloat")):
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return _decimal(cell, kind, where)
    elif isinstance(cell, int) and not isinstance(cell, bool):
        limits = np.iinfo(kind)
        if limits.min <= cell <= limits.max:
            return cell
    hint = "; a missing number is NaN" if cell is None and "float" in kind else ""
    raise Malformed(f"{where}: JSON Value: {json.dumps(cell)[:60]} is not of expected type: {kind}{hint}")


def _decimal(cell: float, kind: str, where: str) -> float:
    """A number that the type holds; a whole one must survive, as with TensorFlow Serving."""
    exact = 2**53 if kind == "float64" else 2**24
    lost = isinstance(cell, int) and abs(cell) > exact and _whole(cell, kind) != cell
    if lost or (kind == "float32" and math.isfinite(cell) and abs(cell) > _LARGEST):
        raise Malformed(f"{where}: {str(cell)[:40]} cannot be a {kind} without loss of precision")
    return cell


def _whole(cell: int, kind: str) -> int | None:
    try:
        found = float(np.array(float(cell), kind))
    except OverflowError:
        return None
    return int(found) if math.isfinite(found) else None


def _text(cell: Any, where: str) -> bytes:
    try:
        match cell:
            case str():
                return cell.encode()
            case {"b64": str(text)} if len(cell) == 1:
                text = "".join(text.split())
                return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except UnicodeEncodeError:
        raise Malformed(f"{where}: a string is not valid Unicode") from None
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"{where}: unable to base64 decode ({error})") from None
    said = json.dumps(cell)[:60]
    raise Malformed(f'{where}: JSON Value: {said} is not of expected type: string, or {{"b64": "…"}} for bytes')


def _is_bytes(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"b64"}


def _name(value: Any) -> str:
    if _is_bytes(value):
        return 'a value of bytes ({"b64": …})'
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def answer(form: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the answer: of rows `predictions`, of columns `outputs`; the name of a single output is left out.

    Raises:
        Malformed: rows were asked for, and the outputs have not the same number of them.
    """
    told = {name: _told(name, value) for name, value in sorted(outputs.items())}
    if len(told) == 1:
        return {_ANSWER[form]: next(iter(told.values()))}
    if form == COLUMN:
        return {_ANSWER[form]: told}
    if any(not value.ndim for value in outputs.values()) or len({len(value) for value in outputs.values()}) > 1:
        raise Malformed("the outputs have not all the same number of rows: ask with 'inputs'")
    return {_ANSWER[form]: [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]}


def _told(name: str, value: Any) -> Any:
    if value.dtype.kind in "OS":
        return _strings(value.tolist(), binary=name.endswith("_bytes"))
    if value.dtype.kind == "f" and value.dtype.itemsize < 8:
        return value.astype("U32").astype(np.float64).tolist()  # 0.1, not 0.10000000149011612
    return value.tolist()


def _strings(value: Any, *, binary: bool) -> Any:
    if isinstance(value, list):
        return [_strings(one, binary=binary) for one in value]
    if binary:
        return {"b64": base64.b64encode(value).decode()}
    return value.decode("utf-8", "surrogateescape")


def encoded(body: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """JSON as it goes out; strings of a model that are no UTF-8 go out as they are."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogateescape")
