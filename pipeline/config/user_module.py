"""A user's module is read, not run: that it parses and defines what the config names is said before anything starts."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from graduate.pipeline.config.problems import Problem, nearest
from graduate.pipeline.config.source import dotted

_Path = tuple[str | int, ...]


def check_module(file: Path, named: Mapping[str, _Path], at: _Path = ("model", "module")) -> Iterator[Problem]:
    """What is wrong with a Python file of the user's.

    Args:
        file: its absolute path.
        named: the functions that it should define, each with the key of the config that names it.
        at: the key that names the file.
    """
    key, given = dotted(at), _short(file)
    if not file.is_file():
        yield Problem(at, f"{key}: no such file {given}", "the path is relative to the config file")
        return
    if file.suffix != ".py" or not file.stem.isidentifier():
        example = f"for example my_{'models' if at[0] == 'model' else at[0]}.py"
        yield Problem(at, f"{key}: {given} is no Python file that can be imported", example)
        return
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except SyntaxError as error:
        yield Problem(at, f"{error.msg}: {(error.text or '').strip()[:60]}", where=f"{given}:{error.lineno}")
        return
    except (OSError, ValueError) as error:  # ValueError: NUL bytes
        yield Problem(at, f"{key}: {given} cannot be read: {error}")
        return
    defined = list(_defined(tree))
    for name, path in named.items():
        if name not in defined and "*" not in defined:
            yield Problem(path, f"{given} defines no {name}", _instead(name, defined))


def _instead(name: str, defined: Sequence[str]) -> str:
    functions = [one for one in defined if not one.startswith("_")]
    near = nearest(name, functions)
    return f"did you mean {near}?" if near else f"it defines {', '.join(functions[:8]) or 'nothing'}"


def rules_in(file: Path) -> dict[str, tuple[str, ...]]:
    """The faults of the rules that a file makes, with their thresholds, as far as it writes them out.

    What cannot be read so, and a file that does not parse, is not told here.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Rule"):
            continue
        given = dict(zip(("fault", "check", "needs", "thresholds"), node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        fault = given.get("fault")
        if isinstance(fault, ast.Constant) and isinstance(fault.value, str):
            found[fault.value] = _keys(given.get("thresholds"))
    return found


def _keys(node: ast.expr | None) -> tuple[str, ...]:
    if not isinstance(node, ast.Dict):
        return ()
    return tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))


def _short(file: Path) -> str:
    """The path as it would be typed here."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def _defined(tree: ast.Module) -> Iterator[str]:
    """The names that a module binds, at its top level or in an `if` or `try` there."""
    for node in _statements(tree.body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        for inner in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _statements(getattr(node, inner, []))
