"""The faults that rules look for, and their thresholds, read without importing the rules: those need NumPy."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from pathlib import Path

from graduate import rules


def known() -> tuple[str, ...]:
    """Every fault, sorted."""
    return rules.fault_ids()


def modules() -> tuple[str, ...]:
    """The dotted name of every rule's module: rules are discovered, no import leads to them."""
    return tuple(f"{rules.__name__}.{fault.replace('-', '_')}" for fault in known())


def thresholds(fault: str) -> tuple[str, ...]:
    """The names of a rule's thresholds, as its file writes them."""
    file = Path(rules.__path__[0], f"{fault.replace('-', '_')}.py")
    for node in ast.parse(file.read_bytes()).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        named = any(isinstance(target, ast.Name) and target.id == "THRESHOLDS" for target in targets)
        if named and isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            return tuple(str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))
    return ()


def nearest(name: str, among: Iterable[str]) -> str:
    """A hint: what was probably meant, or all there is."""
    there = list(among)
    close = difflib.get_close_matches(name, there, n=1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(there) or 'none'}"
