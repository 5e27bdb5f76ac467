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
    file = Path(__file__).with_name(f"{fault.replace('-', '_')}.py")
    return inspect.cleandoc(ast.get_docstring(ast.parse(file.read_bytes())) or "")


def first_sentence(fault: str) -> str:
    """The page's first line without the fault's name."""
    line = page(fault).partition("\n")[0]
    return line.partition(": ")[2] or line
