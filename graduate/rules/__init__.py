"""One fault a file, discovered: a module here whose name has no underscore in front is a rule.

A rule's module has `FAULT`, `NEEDS`, `THRESHOLDS`, `CAUSES`, `WHEN`, `REMEDIES` and `check(trace, thresholds)`; its
docstring is the page that `graduate explain` prints. NumPy only.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

from graduate.findings import Rule

HEADINGS = ("What it sees", "What it cannot see", "Known false alarms", "Example", "Sources")


def fault_ids() -> tuple[str, ...]:
    """All faults that a rule looks for, sorted; nothing is imported for it."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in names if not name.startswith("_")))


def load(fault: str) -> Rule:
    """The rule that finds `fault`.

    Raises:
        KeyError: there is none.
    """
    if fault not in fault_ids():
        raise KeyError(fault)
    module = importlib.import_module(f"{__name__}.{fault.replace('-', '_')}")
    return Rule(
        fault=module.FAULT,
        check=module.check,
        needs=frozenset(module.NEEDS),
        thresholds=dict(module.THRESHOLDS),
        when=module.WHEN,
        causes=frozenset(module.CAUSES),
        page=inspect.cleandoc(module.__doc__ or ""),
        remedies=tuple(module.REMEDIES),
    )


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by fault."""
    return tuple(load(fault) for fault in fault_ids())
