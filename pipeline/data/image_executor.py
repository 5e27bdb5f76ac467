"""ExampleGen for image folders."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apache_beam as beam

from graduate.errors import DataError
from graduate.pipeline.data import hashes, splits
from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.listing import File, shown
from graduate.pipeline.data.rows import Chunk

# Files a Beam element: Beam's price of an element is that of decoding several small images.
CHUNK = 256


class Task(NamedTuple):
    """A Beam element: files of one split to read. `name` is the same in every run over the same files."""

    name: str
    split: str
    files: tuple[tuple[File, str], ...]  # with the SHA-256 that decided the split


class ImageFolderExecutor(Executor):
    """Reads images chunk by chunk; the split of every file is known before Beam starts."""

    def GetInputSourceToExamplePTransform(self) -> Callable[[dict[str, Any], str], beam.PTransform]:
        """For TFX's base executor: a transform for each split (whose "pattern" is its name)."""
        tasks = self._tasks()
        return lambda exec_properties, split: ReadImages(tasks[split], self._source.path, self._parts)

    def _tasks(self) -> Mapping[str, Sequence[Task]]:
        by_split: dict[str, list[tuple[File, str]]] = defaultdict(list)
        assigned = assign(self._contents.files, self._contents.hashes, self._source.shares, self._source.data)
        for file, split in zip(self._contents.files, assigned, strict=True):
            by_split[split].append((file, self._contents.hashes[file.path]))
        splits.check_counts({name: len(files) for name, files in by_split.items()}, self._split_names())
        return {split: list(_chunks(split, files)) for split, files in by_split.items()}


def assign(
    files: Sequence[File], by_path: Mapping[str, str], shares: Mapping[str, float], data: Mapping[str, Any]
) -> list[str]:
    """The split of each file: the ready-made one, or by its group where there is a group key, or by its content."""
    group_by = data.get("group_by")
    keys = [splits.group_of(file.path, group_by) if group_by else by_path[file.path] for file in files]
    return [file.split or splits.of_key(key, shares) for file, key in zip(files, keys, strict=True)]


def _chunks(split: str, files: Sequence[tuple[File, str]]) -> Iterator[Task]:
    for start in range(0, len(files), CHUNK):
        yield Task(f"{split}-{start:09d}", split, tuple(files[start : start + CHUNK]))


class ReadImages(beam.PTransform):
    """Tasks to serialised examples."""

    def __init__(self, tasks: Sequence[Task], root: str, parts: str) -> None:
        super().__init__()
        self._tasks, self._root, self._parts = tasks, root, parts

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        several = len(self._tasks) > 16  # a shuffle costs more than a few chunks are worth
        return (
            pipeline
            | "Tasks" >> beam.Create(self._tasks, reshuffle=several)
            | "Read" >> beam.ParDo(_Read(self._root, self._parts)).with_output_types(bytes)
        )


class _Read(beam.DoFn):
    def __init__(self, root: str, parts: str) -> None:
        self._root, self._parts = root, parts

    def process(self, task: Task) -> list[bytes]:
        chunk = Chunk()
        for file, sha256 in task.files:
            chunk.add(_content(self._root, file, sha256), file.path, str(file.label), task.split, sha256)
        chunk.write(self._parts, f"{task.name}.json")
        return chunk.examples.get(task.split, [])


def _content(root: str, file: File, sha256: str) -> bytes:
    path = os.path.join(root, file.path)
    try:
        with open(path, "rb", buffering=0) as opened:
            raw = opened.read()
    except OSError as error:
        raise DataError(f"{shown(path)} cannot be read: {error.strerror}", where="ExampleGen") from None
    if hashes.of_bytes(raw) != sha256:
        raise DataError(f"{shown(path)} changed during the run", where="ExampleGen", hint="run the same command again")
    return raw
