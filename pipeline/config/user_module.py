"""A user's module is read, not run: that it parses and defines what the config names is said before anything starts."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from graduate.pipeline.config.problems import Problem, nearest


def check_module(file: Path, build: str) -> Iterator[Problem]:
    """What is wrong with `model.module`.

    Args:
        file: its absolute path.
        build: the function that it should define.
    """
    path, given = ("model", "module"), _short(file)
    if not file.is_file():
        yield Problem(path, f"model.module: no such file {given}", "the path is relative to the config file")
        return
    if file.suffix != ".py" or not file.stem.isidentifier():
        yield Problem(path, f"model.module: {given} is no Python file that can be imported", "for example my_models.py")
        return
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except SyntaxError as error:
        yield Problem(path, f"{error.msg}: {(error.text or '').strip()[:60]}", where=f"{given}:{error.lineno}")
        return
    except (OSError, ValueError) as error:  # ValueError: NUL bytes
        yield Problem(path, f"model.module: {given} cannot be read: {error}")
        return
    defined = list(_defined(tree))
    if build not in defined and "*" not in defined:
        functions = [name for name in defined if not name.startswith("_")]
        near = nearest(build, functions)
        hint = f"did you mean {near}?" if near else f"it defines {', '.join(functions[:8]) or 'nothing'}"
        yield Problem(("model", "build"), f"{given} defines no {build}", hint)


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
