"""The pages of the rules, read without importing the rules: `graduate explain` needs no NumPy."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from graduate.rules import fault_ids


def page(fault: str) -> str:
    """What `graduate explain` prints: the docstring of the rule's file.

    Raises:
        KeyError: there is no such rule.
    """
    if fault not in fault_ids():
        raise KeyError(fault)
    return inspect.cleandoc(ast.get_docstring(ast.parse(_file(fault).read_bytes())) or "")


def first_sentence(fault: str) -> str:
    """The page's first line without the fault's name."""
    line = page(fault).partition("\n")[0]
    return line.partition(": ")[2] or line


def severities(fault: str) -> list[str]:
    """The severities that the rule can give, the worst first: those that its text names."""
    return severities_in(_file(fault))


def severities_in(file: Path) -> list[str]:
    """The severities that the text of a file names, the worst first."""
    tree = ast.parse(file.read_bytes())
    named = {
        node.attr.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Severity"
    }
    return [level for level in ("error", "warning", "note") if level in named]


def _file(fault: str) -> Path:
    return Path(__file__).with_name(f"{fault.replace('-', '_')}.py")
