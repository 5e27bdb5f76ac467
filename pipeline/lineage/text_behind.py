"""Data, schema, code and the rest of what stands behind a run, as labelled lines."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping

from graduate.pipeline.lineage.runs_behind import Behind, Code, Data

LABEL = 11  # columns of a label
Paint = Callable[..., str]
_METRICS = ("accuracy", "loss", "precision", "recall", "auc", "calibration_error")
_SHORT = 12  # characters of a hash that are told


def plain(text: str, *styles: str) -> str:
    """A painter without paint."""
    return text


def labelled(label: str, told: str, width: int, paint: Paint = plain) -> Iterator[str]:
    """`  label      text`, wrapped."""
    if not told:
        return
    room = width - LABEL - 3
    for at, line in enumerate(textwrap.wrap(told, room, break_on_hyphens=False, break_long_words=False) or [""]):
        name = label.ljust(LABEL) if at == 0 else " " * LABEL
        yield f"  {paint(name, 'dim') if at == 0 else name} {line}".rstrip()


def data(told: Data) -> str:
    """`763173cf8c2d: 1,797 rows (train 1,430, eval 186, test 181)`."""
    parts = [told.digest[:_SHORT]] if told.digest else []
    if told.span is not None and not told.digest:
        parts.append(f"span {told.span}")
    rows = f"{told.rows:,} rows" if told.rows is not None else ""
    splits = ", ".join(f"{name} {number:,}" for name, number in told.splits.items())
    rows = f"{rows} ({splits})" if rows and splits else rows or splits
    span = f"span {told.span}" if told.span and told.digest else ""
    return ": ".join(filter(None, [" ".join(parts), ", ".join(filter(None, [rows, span]))]))


def code(told: Code) -> str:
    """`commit 1a2b3c4d5e6f on main, and changes that are not committed`."""
    parts = []
    if told.commit:
        changed = ", and changes that are not committed" if told.dirty else ""
        parts.append(f"commit {told.commit[:_SHORT]}{f' on {told.branch}' if told.branch else ''}{changed}")
    elif told.branch:
        parts.append(f"branch {told.branch}, nothing committed yet")
    if told.own_commit:
        changed = ", changed" if told.own_dirty else ""
        parts.append(f"graduate's own checkout at {told.own_commit[:_SHORT]}{changed}")
    if told.users:
        parts.append(f"files of yours: {', '.join(sorted(told.users))}")
    return "; ".join(parts)


def lines(behind: Behind, width: int, paint: Paint = plain) -> Iterator[str]:
    """All of it but the config."""
    schema = ", ".join(filter(None, [behind.schema.source, behind.schema.uri]))
    libraries = behind.libraries
    named = [f"{name} {libraries[name]}" for name in ("python", "tensorflow", "keras", "tfx") if name in libraries]
    yield from labelled("data", data(behind.data) or "nobody wrote down which", width, paint)
    yield from labelled("schema", schema, width, paint)
    yield from labelled("code", code(behind.code) or "nobody wrote down which", width, paint)
    yield from labelled("libraries", ", ".join(named), width, paint)
    yield from labelled("lock file", behind.lock_hash[:_SHORT], width, paint)
    device = f"{behind.device}, seed {behind.seed}" if behind.device and behind.seed is not None else behind.device
    yield from labelled("device", device, width, paint)


def metrics(told: Mapping[str, float]) -> str:
    """`accuracy 0.9834  loss 0.0770`."""
    names = [name for name in _METRICS if name in told] or sorted(told)[:6]
    return "  ".join(f"{name} {told[name]:.4g}" for name in names)
