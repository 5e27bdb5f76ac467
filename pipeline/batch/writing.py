"""The parts put together, in the order of the inputs, as Parquet, CSV or JSON lines; never whole in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow
from pyarrow import parquet

from graduate import files
from graduate.pipeline.model_ids import Model

ENDINGS = (".parquet", ".csv", ".jsonl")
JOB = b"graduate.job"  # in a Parquet file's metadata: the job that it came of
MOST_COLUMNS = 1000  # more classes than that are one column of lists in Parquet
_ROWS = 16_384  # of a row group


class Told(NamedTuple):
    """What the answers are: the model that gave them, `probability` or `value`, of which names; with a label or not."""

    model: Model
    what: str
    names: Sequence[str]
    label: bool


def put_together(paths: Sequence[Path], out: Path, told: Told, job: Mapping[str, Any]) -> tuple[int, int]:
    """Write the file, whole or not at all.

    Args:
        paths: the parts in order.
        out: its ending says the format.
        told: what the answers are.
        job: kept in a Parquet file, so that `done` knows it again.

    Returns:
        How many inputs there are, and how many of them got no prediction.
    """
    rows = errors = 0

    def counted() -> Iterator[pyarrow.Table]:
        nonlocal rows, errors
        for table in _groups(paths):
            rows += table.num_rows
            errors += table.num_rows - table["error"].null_count
            yield table

    with files.atomic_path(out) as aside:
        if out.suffix.lower() == ".parquet":
            _parquet(counted(), aside, told, job)
        else:
            write = _csv if out.suffix.lower() == ".csv" else _json
            with open(aside, "w", encoding="utf-8", newline="") as opened:
                write(counted(), opened, told)
    return rows, errors


def done(out: Path, job: Mapping[str, Any]) -> tuple[int, int] | None:
    """What a Parquet file of this very job holds: inputs, and those without a prediction; None: there is none."""
    if out.suffix.lower() != ".parquet":
        return None
    try:
        with parquet.ParquetFile(out) as opened:
            kept = (opened.schema_arrow.metadata or {}).get(JOB, b"")
            if kept != _job(job):
                return None
            good = opened.read(["error"])["error"].null_count
            return opened.metadata.num_rows, opened.metadata.num_rows - good
    except (OSError, pyarrow.ArrowException):
        return None


def _job(job: Mapping[str, Any]) -> bytes:
    return json.dumps(job, sort_keys=True).encode()


def _groups(paths: Sequence[Path]) -> Iterator[pyarrow.Table]:
    """The parts, some together: small row groups would make a Parquet file large and slow."""
    waiting: list[pyarrow.Table] = []
    for path in paths:
        waiting.append(parquet.read_table(path))
        if sum(table.num_rows for table in waiting) >= _ROWS:
            yield pyarrow.concat_tables(waiting)
            waiting = []
    yield pyarrow.concat_tables(waiting) if waiting else _EMPTY.empty_table()


_EMPTY = pyarrow.schema(
    {
        "input": pyarrow.string(),
        "label": pyarrow.string(),
        "values": pyarrow.list_(pyarrow.float32()),
        "error": pyarrow.string(),
    }
)


def _parquet(tables: Iterator[pyarrow.Table], aside: Path, told: Told, job: Mapping[str, Any]) -> None:
    writer = None
    try:
        for table in tables:
            flat = _flat(table, told)
            if writer is None:
                schema = flat.schema.with_metadata({JOB: _job(job), b"names": json.dumps(list(told.names)).encode()})
                writer = parquet.ParquetWriter(aside, schema)
            writer.write_table(flat.replace_schema_metadata(writer.schema.metadata))
    finally:
        if writer is not None:
            writer.close()


def _flat(table: pyarrow.Table, told: Told) -> pyarrow.Table:
    """The columns of the file: `input`, `label`, one a class or number, `model`, `version`, `error`."""
    columns = {"input": table["input"]}
    if told.label:
        columns["label"] = table["label"]
    if len(told.names) > MOST_COLUMNS:
        columns["probabilities" if told.what == "probability" else "values"] = table["values"]
    else:
        values = _array(table["values"], len(told.names))
        missing = np.array(table["values"].is_null())
        for at, name in enumerate(told.names):
            columns[f"{told.what}_{name}"] = pyarrow.array(values[:, at], pyarrow.float32(), mask=missing)
    columns["model"] = pyarrow.array([told.model.name] * table.num_rows, pyarrow.string())
    columns["version"] = pyarrow.array([told.model.version] * table.num_rows, pyarrow.int64())
    columns["error"] = table["error"]
    return pyarrow.table(columns)


def _array(values: Any, width: int) -> np.ndarray:
    """(rows, width) float32; rows without an answer are 0."""
    found = np.zeros((len(values), width), np.float32)
    there = np.flatnonzero(~np.array(values.is_null()))
    found[there] = np.array(values.drop_null().combine_chunks().flatten()).reshape(len(there), width)
    return found


def _csv(tables: Iterator[pyarrow.Table], opened: Any, told: Told) -> None:
    writer = csv.writer(opened, lineterminator="\n")
    label = ["label"] if told.label else []
    writer.writerow(["input", *label, *(f"{told.what}_{name}" for name in told.names), "model", "version", "error"])
    version = "" if told.model.version is None else told.model.version
    for table in tables:
        for name, of_class, values, error in _rows(table):
            answer = [""] * len(told.names) if values is None else values
            writer.writerow([name, *([of_class] if label else []), *answer, told.model.name, version, error or ""])


def _json(tables: Iterator[pyarrow.Table], opened: Any, told: Told) -> None:
    many = "probabilities" if told.what == "probability" else "values"
    for table in tables:
        for name, of_class, values, error in _rows(table):
            line: dict[str, Any] = {"input": name, **({"label": of_class} if told.label else {})}
            line[many] = values and dict(zip(told.names, map(float, values), strict=True))
            line |= {"model": told.model.name, "version": told.model.version, "error": error}
            opened.write(json.dumps(line, ensure_ascii=False) + "\n")


def _rows(table: pyarrow.Table) -> Iterator[tuple[str, str | None, list[str] | None, str | None]]:
    """Input, label, answers as the shortest decimals that are these float32, error."""
    names, labels, errors = (table[name].to_pylist() for name in ("input", "label", "error"))
    for at, values in enumerate(table["values"]):
        told = values.as_py()
        short = told and [str(one) for one in np.array(told, np.float32)]
        yield names[at], labels[at], short, errors[at]
