"""What lies at a path: a trace, several in a folder, TensorBoard's event files, a CSV log. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from graduate.errors import UsageError, UserError
from graduate.findings import Diagnosis
from graduate.trace import csv_log, tensorboard
from graduate.trace.format import HEADER
from graduate.trace.reader import Trace, open_trace


@dataclass(frozen=True)
class Found:
    """A training as somebody recorded it.

    Attributes:
        name: to call it by.
        trace: what is known of it.
        path: where it is from.
        note: what that source does not tell, in a sentence; empty for a trace of ours.
    """

    name: str
    trace: Trace
    path: Path
    note: str = ""


def at(path: Path) -> tuple[Found, ...]:
    """All trainings recorded at a path.

    Raises:
        UsageError: nothing is there, or nothing of the kind.
        UserError: what is there cannot be read.
    """
    if not path.exists():
        raise UsageError(f"there is no {path}", hint="give a trace's folder, event files or a CSV log")
    if path.is_file():
        return (_file(path),)
    for look in (_traces, _events, _logs):
        if found := tuple(look(path)):
            return found
    raise UsageError(
        f"{path} holds no trace, no TensorBoard event files and no CSV log of a training",
        hint=f"a trace is a folder with {HEADER} in it",
    )


def _file(path: Path) -> Found:
    if path.name in (HEADER, "blocks.bin"):
        return Found(path.parent.name, open_trace(path.parent), path.parent)
    if "tfevents" in path.name:
        return _of_events(path)
    return _of_log(path)


def _traces(folder: Path) -> Iterator[Found]:
    for header in sorted(folder.glob(f"**/{HEADER}")):
        trace = open_trace(header.parent)
        yield Found(name_of(trace, header.parent), trace, header.parent)


def name_of(trace: Trace, place: Path) -> str:
    """What the program calls its model, or the folder's name."""
    told = trace.known.get("program")
    known = told if isinstance(told, dict) else {}
    return str(known.get("name") or known.get("model") or place.name)


def _events(folder: Path) -> Iterator[Found]:
    for run in tensorboard.runs_in(folder):
        yield _of_events(run)


def _of_events(path: Path) -> Found:
    return Found(path.name, tensorboard.read(path), path, _note("TensorBoard event files hold"))


def _logs(folder: Path) -> Iterator[Found]:
    files = sorted(folder.glob("*.csv"))
    for file in files:
        try:
            yield _of_log(file)
        except UserError:
            if len(files) == 1:
                raise


def _of_log(path: Path) -> Found:
    return Found(path.name, csv_log.read(path), path, _note("a CSV log holds"))


# What rules without needs of their own look at: without it they would say that they looked.
_LOOKED_AT = {
    "gradients-not-applied": "told:gradients",
    "layer-does-not-learn": "update_norm",
    "mode-mismatch": "told:probe",
    "batch-size": "told:noise_scale",
}


def honest(found: Found, diagnosis: Diagnosis) -> Diagnosis:
    """Of a foreign log: rules that had nothing to look at are skipped."""
    blind = {
        fault: frozenset({need})
        for fault, need in _LOOKED_AT.items()
        if found.note
        and fault in diagnosis.ran
        and not found.trace.has(need)
        and not any(finding.fault == fault for finding in diagnosis.findings)
    }
    if found.note and "vanishing-gradient" in diagnosis.ran and not any(v.shape for v in found.trace.facts.variables):
        blind["vanishing-gradient"] = frozenset({"the shapes of the variables are not known"})
    ran = tuple(fault for fault in diagnosis.ran if fault not in blind)
    return replace(diagnosis, ran=ran, skipped={**diagnosis.skipped, **blind})


def _note(what: str) -> str:
    return (
        f"{what} less than a trace: no gradients of each variable, no rows, no layers; rules that need them are skipped"
    )
