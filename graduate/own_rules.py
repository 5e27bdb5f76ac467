"""Rules that a user has written, asked beside those of `graduate.rules`: every `Rule` at the top of a Python file."""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from pathlib import Path

from graduate import user_code
from graduate.findings import Rule
from graduate.rules import all_rules, fault_ids


def load(file: str | os.PathLike[str]) -> tuple[Rule, ...]:
    """The rules of a file, in its order.

    Raises:
        UserCodeError: it cannot be imported, makes no rule, or one for a fault that another rule finds.
    """
    path = Path(file)
    module = user_code.load_module(path)
    rules = tuple(_with_page(value) for value in vars(module).values() if isinstance(value, Rule))
    if not rules:
        raise user_code.UserCodeError(
            "makes no rule", where=str(path), hint="rule = graduate.findings.Rule(fault='my-fault', check=check)"
        )
    faults = [rule.fault for rule in rules]
    for number, fault in enumerate(faults):
        if fault in fault_ids() or fault in faults[:number]:
            raise user_code.UserCodeError(
                f"{fault} has a rule already", where=str(path), hint="give the fault another name"
            )
    return rules


def _with_page(rule: Rule) -> Rule:
    """What `graduate explain` prints: the docstring of the rule's function, where it has no page."""
    return rule if rule.page else replace(rule, page=inspect.cleandoc(rule.check.__doc__ or ""))


def beside_ours(file: str | os.PathLike[str] | None) -> tuple[Rule, ...] | None:
    """Our rules and those of a file, for `diagnose`; None, which means ours, where there is no file."""
    return None if file is None else (*all_rules(), *load(file))
