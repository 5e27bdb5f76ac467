"""ExampleGen for folders of one file a row."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import apache_beam as beam

from graduate.pipeline.data.executor import Executor
from graduate.pipeline.data.listing import File, shown
from graduate.pipeline.data.rows import Chunk, Row, sha256_of
from graduate.pipeline.data.splits import group_of

# A chunk is what one worker holds in memory at a time, and one shard.
FILES, BYTES = 2048, 64 * 2**20


class Task(NamedTuple):
    """Files of one split that become one chunk."""

    name: str
    split: str
    files: tuple[tuple[File, str], ...]  # with the SHA-256 that decided the split


class FolderExecutor(Executor):
    """Reads files chunk by chunk; the split of every file is known before Beam starts."""

    def GetInputSourceToExamplePTransform(self) -> Any:
        data = self._source.data
        given = (
            self._source.path,
            data.get("group_by"),
            self._source.task,
            data.get("rate"),
            data.get("target", "class"),
        )
        return ReadFiles(self._tasks(), *given)

    def _tasks(self) -> list[Task]:
        by_split: dict[str, list[tuple[File, str]]] = defaultdict(list)
        for file, split in zip(self._contents.files, self._contents.splits, strict=True):
            by_split[split].append((file, self._contents.hashes[file.path]))
        return [task for split, files in by_split.items() for task in _tasks(split, files)]


def _tasks(split: str, files: Sequence[tuple[File, str]]) -> Iterator[Task]:
    waiting: list[tuple[File, str]] = []
    size = number = 0
    for file, sha256 in files:
        if waiting and (len(waiting) == FILES or size + file.size > BYTES):
            yield Task(f"{split}-{number:05d}", split, tuple(waiting))
            waiting, size, number = [], 0, number + 1
        waiting.append((file, sha256))
        size += file.size
    yield Task(f"{split}-{number:05d}", split, tuple(waiting))


class ReadFiles(beam.PTransform):
    """Tasks to chunks of rows."""

    def __init__(
        self,
        tasks: Sequence[Task],
        root: str,
        group_by: str | None = None,
        task: str = "image",
        rate: int | None = None,
        target: str = "class",
    ) -> None:
        super().__init__()
        self._tasks, self._given = tasks, (root, group_by, task, rate, target)

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        several = len(self._tasks) > 16  # a shuffle spreads them over workers, and costs more than a few are worth
        return (
            pipeline
            | "Tasks" >> beam.Create(self._tasks, reshuffle=several)
            | "Files" >> beam.ParDo(_Read(*self._given)).with_output_types(Chunk)
        )


class _Read(beam.DoFn):
    def __init__(self, root: str, group_by: str | None, task: str, rate: int | None, target: str) -> None:
        self._root, self._group_by, self._task, self._rate, self._target = root, group_by, task, rate, target

    def process(self, task: Task) -> list[Chunk]:
        chunk = Chunk(task.name, self._task, rate=self._rate, target=self._target)
        for file, sha256 in task.files:
            path = os.path.join(self._root, file.path)
            try:
                with open(path, "rb", buffering=0) as opened:
                    raw = opened.read()
            except OSError as error:
                chunk.account.errors.append(f"{shown(path)} cannot be read: {error.strerror}")
                continue
            if sha256_of(raw) != sha256:
                chunk.account.errors.append(f"{shown(path)} changed during the run")
                continue
            group = group_of(file.path, self._group_by) if self._group_by else ""
            chunk.rows.append(Row(raw, file.path, str(file.label), task.split, sha256, group))
        return [chunk]
