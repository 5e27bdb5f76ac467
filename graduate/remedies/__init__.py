"""One remedy a file, discovered: what to do about a finding, in words, and where that can be, by the training itself.

A remedy's module has

- `ID`, by which rules name it, and `SOURCE`, where it is from;
- `SCOPE`: `advice` (a person has to do it), `live` (the training goes on from its last healthy snapshot with it) or
  `rebuild` (the network is made anew with it, and the training starts again);
- `fits(finding, trace)`: whether it makes sense for this finding in this run;
- `advise(finding, trace)`: one sentence with the run's numbers and the line of code to write;
- `apply(training, finding)`, where it is live or rebuild: do it to a `Treated` training and give back what was done.

NumPy only. `NotApplicable` says that this training cannot take the remedy.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graduate.findings import Finding
from graduate.remedies._treated import NotApplicable, Treated
from graduate.trace import Trace

__all__ = ["NotApplicable", "Remedy", "Treated", "advice", "all_remedies", "fitting", "load", "remedy_ids"]

Scope = Literal["advice", "live", "rebuild"]


@dataclass(frozen=True)
class Remedy:
    """A module of this folder."""

    id: str
    scope: Scope
    source: str
    doc: str
    fits: Callable[[Finding, Trace], bool]
    advise: Callable[[Finding, Trace], str]
    apply: Callable[[Treated, Finding], dict[str, Any]] | None = None


def remedy_ids() -> tuple[str, ...]:
    """All of them, sorted; nothing is imported for it."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in names if not name.startswith("_")))


def load(name: str) -> Remedy:
    """The remedy with this id.

    Raises:
        KeyError: there is none.
    """
    if name not in remedy_ids():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return Remedy(
        module.ID,
        module.SCOPE,
        module.SOURCE,
        (module.__doc__ or "").strip(),
        module.fits,
        module.advise,
        getattr(module, "apply", None),
    )


@functools.cache
def all_remedies() -> Mapping[str, Remedy]:
    """Every remedy by its id."""
    return {name: load(name) for name in remedy_ids()}


def fitting(finding: Finding, trace: Trace) -> tuple[Remedy, ...]:
    """The finding's remedies that make sense in this run, best first."""
    known = all_remedies()
    named = [known[name] for name in finding.remedies if name in known]
    return tuple(remedy for remedy in named if remedy.fits(finding, trace))


def advice(finding: Finding, trace: Trace) -> tuple[str, ...]:
    """What to do about a finding, best first: a sentence each, with the numbers of the run and the code to write."""
    return tuple(remedy.advise(finding, trace) for remedy in fitting(finding, trace))
