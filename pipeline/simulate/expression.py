"""Conditions of a spec, in the part of CEL (Common Expression Language) that is written into specs.

Literals, `a.b`, `a['b']`, `a[0]`, `!`, `-`, arithmetic, comparisons, `in`, `&&`, `||`, `?:` and the functions `int`,
`double`, `string`, `bool`, `size`, `has`, `parseJson`. As in Kubeflow's evaluator, text is not compared with numbers,
integers and doubles are by value, and `&&` and `||` forgive an error on one side where the other decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+[eE][+-]?\d+|\d+u?)"
    r"|(?P<text>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\].,?:+\-*/%]))"
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class ExpressionError(Exception):
    """It cannot be read, or it has no value; the text is for a person."""


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression.

    Args:
        expression: in CEL.
        names: what the names at its top stand for.

    Raises:
        ExpressionError: as said there.
    """
    parser = _Parser(expression)
    value = parser.whole()
    return value(names)


def condition(expression: str, names: Mapping[str, Any]) -> bool:
    """The value of an expression that has to be true or false."""
    found = evaluate(expression, names)
    if not isinstance(found, bool):
        raise ExpressionError(f"the condition is neither true nor false but {found!r}: {expression}")
    return found


Value = Callable[[Mapping[str, Any]], Any]


class _Parser:
    """A method for each level of precedence, the weakest first."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = list(_tokens(expression))
        self._at = 0

    def whole(self) -> Value:
        value = self._choice()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return value

    def _choice(self) -> Value:
        asked = self._either()
        if not self._take("?"):
            return asked
        yes = self._either()
        self._expect(":")
        no = self._choice()
        return lambda names: yes(names) if _truth(asked(names)) else no(names)

    def _either(self) -> Value:
        value = self._both()
        while self._take("||"):
            value = _logical(value, self._both(), decides=True)
        return value

    def _both(self) -> Value:
        value = self._relation()
        while self._take("&&"):
            value = _logical(value, self._relation(), decides=False)
        return value

    def _relation(self) -> Value:
        value = self._sum()
        while sign := self._take("==", "!=", "<=", ">=", "<", ">", "in"):
            value = _binary(_COMPARISONS[sign], value, self._sum())
        return value

    def _sum(self) -> Value:
        value = self._product()
        while sign := self._take("+", "-"):
            value = _binary(_ARITHMETIC[sign], value, self._product())
        return value

    def _product(self) -> Value:
        value = self._unary()
        while sign := self._take("*", "/", "%"):
            value = _binary(_ARITHMETIC[sign], value, self._unary())
        return value

    def _unary(self) -> Value:
        if self._take("!"):
            denied = self._unary()
            return lambda names: not _truth(denied(names))
        if self._take("-"):
            negated = self._unary()
            return lambda names: -_number(negated(names))
        return self._member()

    def _member(self) -> Value:
        value = self._primary()
        while sign := self._take(".", "["):
            key: Value
            if sign == ".":
                key = _constant(self._next("name"))
            else:
                key = self._choice()
                self._expect("]")
            value = _binary(_member, value, key)
        return value

    def _primary(self) -> Value:
        if self._take("("):
            value = self._choice()
            self._expect(")")
            return value
        if self._take("["):
            return self._list()
        kind, found = self._peek()
        self._at += 1
        if kind == "number":
            return _constant(float(found) if re.search("[.eE]", found) else int(found.rstrip("u")))
        if kind == "text":
            return _constant(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), found[1:-1], flags=re.DOTALL))
        if kind != "name":
            self._at -= 1
            raise self._unexpected()
        if found in ("true", "false", "null"):
            return _constant({"true": True, "false": False, "null": None}[found])
        return self._call(found) if self._take("(") else _name(found)

    def _list(self) -> Value:
        parts: list[Value] = []
        while not self._take("]"):
            parts.append(self._choice())
            if not self._take(","):
                self._expect("]")
                break
        return lambda names: [part(names) for part in parts]

    def _call(self, function: str) -> Value:
        argument = self._choice()
        self._expect(")")
        if function == "has":
            return lambda names: _has(argument, names)
        if function not in _FUNCTIONS:
            raise ExpressionError(f"no function {function!r} here: {self._expression}")
        return lambda names: _FUNCTIONS[function](argument(names))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "its end")

    def _take(self, *signs: str) -> str:
        kind, found = self._peek()
        if found in signs and kind in ("sign", "name"):
            self._at += 1
            return found
        return ""

    def _next(self, kind: str) -> str:
        found = self._peek()
        if found[0] != kind:
            raise self._unexpected()
        self._at += 1
        return found[1]

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected()

    def _unexpected(self) -> ExpressionError:
        return ExpressionError(f"unexpected {self._peek()[1]} in the expression {self._expression}")


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, at, end = [], 0, len(expression.rstrip())
    while at < end:
        token = _TOKEN.match(expression, at)
        if token is None:
            raise ExpressionError(f"{expression[at:].strip()[:20]!r} cannot be read in the expression {expression}")
        assert token.lastgroup is not None
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


def _constant(value: Any) -> Value:
    return lambda names: value


def _name(name: str) -> Value:
    def value(names: Mapping[str, Any]) -> Any:
        if name not in names:
            raise ExpressionError(f"undeclared reference to {name!r}")
        return names[name]

    return value


def _binary(operate: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    return lambda names: operate(left(names), right(names))


def _logical(left: Value, right: Value, *, decides: bool) -> Value:
    def value(names: Mapping[str, Any]) -> bool:
        try:
            first = _truth(left(names))
        except ExpressionError:
            if _truth(right(names)) is decides:
                return decides
            raise
        return first if first is decides else _truth(right(names))

    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"no such overload: {value!r} is neither true nor false")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> Any:
    if not _is_number(value):
        raise ExpressionError(f"no such overload: {value!r} is no number")
    return value


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        if key not in value:
            raise ExpressionError(f"no such key: {key}")
        return value[key]
    if isinstance(value, list) and _is_number(key):
        if not 0 <= key < len(value):
            raise ExpressionError(f"index out of bounds: {key}")
        return value[int(key)]
    raise ExpressionError(f"no such overload: {value!r} has no {key!r}")


def _has(argument: Value, names: Mapping[str, Any]) -> bool:
    try:
        argument(names)
    except ExpressionError:
        return False
    return True


def _equal(left: Any, right: Any) -> bool:
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def value(left: Any, right: Any) -> bool:
        if (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
            return compare(left, right)
        raise ExpressionError(f"no such overload: {left!r} is not compared with {right!r}")

    return value


def _added(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return _calculated(lambda a, b: a + b)(left, right)


def _calculated(operate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def value(left: Any, right: Any) -> Any:
        if type(_number(left)) is not type(_number(right)):
            raise ExpressionError(f"no such overload: {left!r} and {right!r} are of two types")
        try:
            return operate(left, right)
        except ZeroDivisionError:
            raise ExpressionError("division by zero") from None

    return value


def _divided(left: Any, right: Any) -> Any:
    return int(left / right) if isinstance(left, int) else left / right


def _contained(value: Any, where: Any) -> bool:
    if isinstance(where, Mapping):
        return value in where
    return any(_equal(value, one) for one in where)


def _int(value: Any) -> int:
    try:
        return int(value) if _is_number(value) else int(str(value), 10)
    except (ValueError, OverflowError):
        raise ExpressionError(f"{value!r} is no whole number") from None


def _double(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"{value!r} is no number") from None


def _text(value: Any) -> str:
    from graduate.pipeline.simulate import values

    return values.text(value)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("1", "t", "true", "TRUE", "True", "0", "f", "false", "FALSE", "False"):
        return value in ("1", "t", "true", "TRUE", "True")
    raise ExpressionError(f"{value!r} is neither true nor false")


def _json(value: Any) -> Any:
    try:
        return json.loads(value, parse_int=float)
    except (TypeError, ValueError) as error:
        raise ExpressionError(f"failed to unmarshal JSON: {error}") from None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "in": _contained,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": _added,
    "-": _calculated(lambda left, right: left - right),
    "*": _calculated(lambda left, right: left * right),
    "/": _calculated(_divided),
    "%": _calculated(lambda left, right: left - right * int(left / right)),
}
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "int": _int,
    "double": _double,
    "string": _text,
    "bool": _bool,
    "size": len,
    "parseJson": _json,
}
