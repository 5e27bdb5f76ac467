"""What a config names as its data: found, listed and fingerprinted before anything heavy is imported.

The command's light process calls `resolve`, `scan` and `digest` to decide whether there is anything to do, and to say
at once what is wrong with the input; ExampleGen's executors list the same files through the same functions. What is
wrong with the *data* is a DataError (exit 5), what is wrong with the *config* a UsageError (exit 2).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graduate.errors import DataError, UsageError
from graduate.pipeline.data import (
    class_folder,
    demo,
    hashes,
    kinds,
    labelled_files,
    splits,
    table_files,
    text_table,
    tfrecord_files,
)
from graduate.pipeline.data.listing import File, Listing, shown
from graduate.pipeline.workspace import Workspace

if TYPE_CHECKING:  # an import that runs would let ExampleGen obey the code of the whole config
    from graduate.pipeline.config.model import PipelineConfig

Kind = Literal["images", "texts", "text_table", "audio", "table", "tfrecords"]
KINDS: tuple[Kind, ...] = ("images", "texts", "audio", "table", "tfrecords")


@dataclass(frozen=True)
class Source:
    """Where the rows come from.

    Attributes:
        kind: the key of the `data` group that names it; `text_table` where `texts` names a table.
        path: absolute: a folder of classes; a file, folder or glob of TFRecords.
        data: the `data` group of the config, as JSON values.
        needs: the splits that the rest of the pipeline reads.
        task: what the rows are.
    """

    kind: Kind
    path: str
    data: Mapping[str, Any] = field(hash=False)
    needs: tuple[str, ...] = ("train", "eval")
    task: str = "image"

    @property
    def key(self) -> str:
        """The key of the `data` group that names it."""
        return "texts" if self.kind == text_table.KIND else self.kind

    @property
    def shares(self) -> dict[str, float]:
        """The shares of the splits, where the data is not split already."""
        return splits.shares_of(self.data.get("split"))


def resolve(config: PipelineConfig, workspace: Workspace) -> Source:
    """The source that a config names; a named demo data set is made where it is missing.

    Raises:
        UsageError: not exactly one source is named, or the shares of the splits make no sense.
    """
    data = config.data.model_dump(mode="json")
    named = [kind for kind in KINDS if data[kind] is not None]
    if len(named) != 1:
        raise UsageError(
            f"data names two sources, {named[0]} and {named[1]}" if named else "data names no source",
            where=config.source,
            hint=f"give one of {', '.join(f'data.{kind}' for kind in KINDS)}; named data sets: {', '.join(demo.NAMES)}",
        )
    [kind] = named
    if data["labels"] is not None:
        data["labels"] = str(config.input_path(data["labels"]))
    needs = tuple(dict.fromkeys(("train", "eval", config.evaluation.split)))
    splits.check_shares(data["split"], needs, where=config.source)
    written = str(data[kind])
    known = demo.KINDS.get(written) == kind
    path = _named(written, workspace) if known else config.input_path(written)
    if kind == "texts" and text_table.is_table(str(path)):
        kind = "text_table"
    splits.check_group_by(data["group_by"], pattern=kind in kinds.FOLDERS, where=config.source)
    return Source(kind, str(path), data, needs, config.task)


def _named(name: str, workspace: Workspace) -> Path:
    """A named data set; a table is the one file in its folder."""
    folder = demo.materialise(name, workspace)
    return folder / "table.csv" if demo.KINDS[name] == "table" else folder


def scan(source: Source) -> Listing:
    """List the source's files, sorted by path.

    Raises:
        DataError: the folder is missing or empty, has one class, a link that leaves it, a class unseen in training, …
        UsageError: `data.split` is given and the data is split already.
    """
    try:
        if source.data.get("labels") is not None:
            given = source.path, source.data["labels"], source.data["label"], kinds.FOLDERS[source.kind]
            listing = labelled_files.scan(*given, missing_hint=_missing_hint(source))
        elif source.kind in kinds.FOLDERS:
            listing = class_folder.scan(source.path, kinds.FOLDERS[source.kind], missing_hint=_missing_hint(source))
        elif source.kind in ("table", text_table.KIND):
            listing = table_files.scan(source.path, missing_hint=_missing_hint(source))
        else:
            listing = tfrecord_files.scan(source.path)
        if listing.splits:
            _check_ready_made(source, listing)
    except DataError as error:
        error.where = error.where or f"data.{source.key}"
        raise
    return listing


def _missing_hint(source: Source) -> str:
    written = str(source.data.get(source.key))
    known = ", ".join(demo.NAMES)
    return f"data.{source.key} is {written!r}: a path is relative to the config file; named data sets are: {known}"


def _check_ready_made(source: Source, listing: Listing) -> None:
    there = ", ".join(listing.splits)
    if source.data.get("split") is not None:
        raise UsageError(
            f"data.split is given, but {shown(source.path)} is split already ({there})",
            hint="remove data.split, or point to a folder that is not split",
        )
    for name in source.needs:
        if name not in listing.splits:
            raise DataError(
                f"{shown(source.path)} is split into {there}, and the pipeline reads a split named {name}",
                hint=f"add a folder {name}/ of the same shape"
                + (" or set evaluation.split to eval" if name == "test" else ""),
            )


@dataclass(frozen=True)
class Contents:
    """A listing with the SHA-256 of each file, by path, and the digest of it all.

    `splits` names the split of each file of a folder; rows of TFRecords are assigned when they are read.
    """

    listing: Listing
    hashes: Mapping[str, str]
    digest: str
    splits: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[File, ...]:
        return self.listing.files


def read(source: Source, cache: str | os.PathLike[str] | None) -> Contents:
    """List the source, hash what is in it (see `digest`), and tell the splits apart.

    Raises:
        DataError: what `scan` raises, a file that cannot be read or has no group, an empty split.
    """
    listing = scan(source)
    by_path = hashes.of_files(listing, cache)
    assigned: tuple[str, ...] = ()
    if source.kind in kinds.FOLDERS:
        group_by = source.data.get("group_by")
        assigned = splits.assign(listing.files, by_path, source.shares, group_by)
        splits.check_counts(Counter(assigned), listing.splits or source.shares, grouped=group_by is not None)
    told = {} if source.data.get("labels") is None else {f"{file.path}\0": str(file.label) for file in listing.files}
    return Contents(listing, by_path, hashes.digest({**by_path, **told}), assigned)


def example_gen_parameters(config: PipelineConfig, workspace: Workspace, digest: str) -> dict[str, Any]:
    """The arguments of ExampleGen, and under `splits` the names of the splits it will write."""
    source = resolve(config, workspace)
    data = {**source.data, "kind": source.kind, "needs": source.needs, "task": source.task}
    if source.task == "audio":  # what is kept of a recording is resampled
        data["rate"] = config.transform.rate
    return {
        "data": json.dumps(data, sort_keys=True),
        "input_path": source.path,
        "digest": digest,
        "cache": str(workspace.cache),
        "splits": list(scan(source).splits or source.shares),
    }


def digest(source: Source, cache: str | os.PathLike[str] | None) -> str:
    """A digest of the sorted pairs (relative path, SHA-256 of the content): it decides whether ExampleGen runs again.

    Files whose inode, size and times have not changed since they were hashed are not read again; what was hashed is
    kept under `cache` (Workspace.cache). A file that is moved to another class folder changes the digest.
    """
    return read(source, cache).digest
