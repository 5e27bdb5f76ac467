"""Digests of code by its syntax tree: a comment, a docstring or a blank line changes nothing.

What a node's code is, is found by following imports from the modules it calls, through this project and the user's own
folder, never into installed libraries (their versions are part of a run's fingerprint instead).
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from graduate import files
from graduate.errors import UsageError

_FOLLOWED = "imports 2"  # another number with every change of what is followed: what is remembered holds imports
_LIBRARY = Path(__file__).resolve().parents[2] / "graduate"
# Of this project's modules, for all work folders: to digest three hundred files takes two seconds. Where Python keeps
# what it has compiled of them, and what `make clean` removes.
_OWN_MEMORY = Path(__file__).with_name("__pycache__") / "code_digests.json"


class CodeDigests:
    """Digests and imports of Python files, remembered by (modification time, size) in files that may be deleted."""

    def __init__(self, memory: Path | None = None, own_memory: Path = _OWN_MEMORY) -> None:
        """Read what is remembered.

        Args:
            memory: the file of a work folder; None to remember nothing of the user's code.
            own_memory: the file for this project's modules.
        """
        self._memory, self._own_memory = memory, own_memory
        self._own = _remembered(own_memory)
        self._known = _remembered(memory) if memory is not None else {}
        self._changed = self._own_changed = False

    def closure(self, modules: Iterable[str | Path]) -> dict[str, str]:
        """Digest every file that `modules` reach.

        Args:
            modules: dotted names under `graduate.`, or paths of the user's own files.

        Returns:
            {name: digest}: dotted names for this project, file names relative to the user's folder for the user's.
        """
        waiting = [(_path(item), "") if isinstance(item, str) else (item, str(item.parent)) for item in modules]
        found: dict[str, str] = {}
        while waiting:
            path, folder = waiting.pop()
            if path is None:
                continue
            label = _dotted(path) or os.path.relpath(path, folder)
            if label in found:
                continue
            found[label], imports = self._read(path)
            waiting += [(target, folder) for target in (_resolve(name, path) for name in imports) if target]
        return found

    def content(self, path: Path) -> str:
        """The digest of a file that is no code; read again only where its time or size changed."""
        status = path.stat()
        key, stamp = f"content:{path}", [status.st_mtime_ns, status.st_size]
        if key not in self._known or self._known[key][0] != stamp:
            with open(path, "rb") as opened:
                self._known[key] = [stamp, hashlib.file_digest(opened, "sha256").hexdigest()[:16]]
            self._changed = True
        return self._known[key][1]

    def save(self) -> None:
        """Write the memory back, if anything was learned."""
        if self._changed and self._memory is not None:
            files.write_bytes(self._memory, json.dumps(self._known).encode())
        if self._own_changed:
            with contextlib.suppress(OSError):  # an image whose code nobody may write
                files.write_bytes(self._own_memory, json.dumps(self._own).encode())

    def _read(self, path: Path) -> tuple[str, list[str]]:
        status = path.stat()
        key, stamp = f"{_FOLLOWED}:{path}", [status.st_mtime_ns, status.st_size]
        own = bool(_dotted(path))
        memory = self._own if own else self._known
        known = memory.get(key)
        if known is None or known[0] != stamp:
            digest, imports = _parse(path, *stamp)
            known = memory[key] = [stamp, digest, list(imports)]
            self._changed, self._own_changed = self._changed or not own, self._own_changed or own
        return known[1], known[2]


def _remembered(memory: Path) -> dict[str, list]:
    try:
        found = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@functools.cache  # who compiles several configs, or the same one again, digests three hundred files once
def _parse(path: Path, modified: int, size: int) -> tuple[str, tuple[str, ...]]:
    """The digest and the imports of a file that was modified then, and has that size."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise UsageError(f"is not valid Python: {error.msg}", where=f"{path}:{error.lineno}") from error
    imports = tuple(sorted(set(_imports(tree, path))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16], imports


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _imports(tree: ast.AST, path: Path) -> Iterable[str]:
    package = _dotted(path).rpartition(".")[0] if _dotted(path) else ""
    for node in _run(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".") if package else []
                parents = parents[: len(parents) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            if base:
                yield base
            # `from package import module` reaches the module, `from module import name` only the module
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)


def _run(tree: ast.AST) -> Iterable[ast.AST]:
    """Every node but those that only a type checker reads: `if TYPE_CHECKING:`.

    In a module with a `__getattr__` these name what it imports when it is asked for.
    """
    lazy = any(isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in ast.iter_child_nodes(tree))
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not lazy and isinstance(node, ast.If) and _for_types_alone(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _for_types_alone(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def _resolve(imported: str, importer: Path) -> Path | None:
    if imported == "graduate" or imported.startswith("graduate."):
        return _path(imported)
    if _dotted(importer):
        return None
    own = importer.parent.joinpath(*imported.split("."))
    for candidate in (own.with_suffix(".py"), own / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _path(dotted: str) -> Path | None:
    own = _LIBRARY.joinpath(*dotted.split(".")[1:])
    for candidate in (own.with_suffix(".py"), own / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _dotted(path: Path) -> str:
    """The dotted name of a file of this project (through the links in `graduate/`), or "" for a user's file."""
    try:
        inside = path.relative_to(_LIBRARY)
    except ValueError:
        return ""
    parts = ["graduate", *inside.with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
