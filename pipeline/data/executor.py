"""What the ExampleGen executors share: input as it was fingerprinted, splits, a manifest, checks on all rows."""

from __future__ import annotations

import json
import os
import shutil
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import apache_beam as beam
from tfx import types
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.types import artifact_utils

from graduate.errors import DataError
from graduate.pipeline import events
from graduate.pipeline.data import accounts, rows, source, splits
from graduate.pipeline.data.accounts import Accounts
from graduate.pipeline.data.source import Contents, Source

_AGAIN = "run the same command again"


class Executor(BaseExampleGenExecutor):
    """Lists the source, lets Beam read and write chunks of rows, then writes the manifest and checks it.

    TFX's own writing is three shuffles and three sinks, whose construction takes longer than reading thousands of
    images: here a chunk of rows is a shard. Trainers permute rows by their hash, so no order is lost.
    """

    _source: Source
    _contents: Contents

    @abstractmethod
    def GetInputSourceToExamplePTransform(self) -> Any:
        """The transform from a pipeline to `rows.Chunk`s."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `examples` and `manifest`.

        Raises:
            DataError: bad rows, an empty split, or input that changed since the run began.
        """
        [examples], [manifest] = output_dict["examples"], output_dict["manifest"]
        self._open(exec_properties)
        names = self._split_names()
        examples.split_names = artifact_utils.encode_split_names(list(names))
        folders = {name: artifact_utils.get_split_uri([examples], name) for name in names}
        noted = os.path.join(manifest.uri, "accounts")
        for folder in (*folders.values(), noted):
            os.makedirs(folder, exist_ok=True)
        with self._make_beam_pipeline() as pipeline:
            chunks = pipeline | "Read" >> self.GetInputSourceToExamplePTransform()
            _ = chunks | "Write" >> beam.ParDo(_Write(folders, noted))
        try:
            account = accounts.collect(noted)
            self._check(account, names, exec_properties)
            self._finish(account, manifest)
        finally:
            shutil.rmtree(noted)

    def _open(self, exec_properties: Mapping[str, Any]) -> None:
        data = json.loads(exec_properties["data"])
        self._source = Source(data["kind"], exec_properties["input_path"], data, tuple(data["needs"]), data["task"])
        self._contents = source.read(self._source, exec_properties["cache"])
        if self._contents.digest != exec_properties["digest"]:
            text = f"{self._source.path} changed while the run was starting"
            raise DataError(text, where="ExampleGen", hint=_AGAIN)
        for note in self._contents.listing.notes:
            events.emit("note", node="ExampleGen", text=note)

    def _split_names(self) -> Sequence[str]:
        return self._contents.listing.splits or tuple(self._source.shares)

    def _check(self, account: Accounts, names: Sequence[str], exec_properties: Mapping[str, Any]) -> None:
        if account.errors:
            hint = _AGAIN if "changed during" in account.errors[0] else "copy that file once more, or take it away"
            raise DataError(account.errors[0], where="ExampleGen", hint=hint)
        bad = os.path.join(exec_properties["cache"], "bad_rows", f"{exec_properties['digest'][:16]}.jsonl")
        rows.check_bad(account, self._source.data, root=self._source.path, listed_in=bad)
        grouped = self._source.data.get("group_by") is not None
        splits.check_counts(account.counts, names, skipped=account.skipped, grouped=grouped)

    def _finish(self, account: Accounts, manifest: types.Artifact) -> None:
        accounts.write(os.path.join(manifest.uri, "manifest.jsonl"), account.good())
        accounts.write(os.path.join(manifest.uri, "skipped.jsonl"), account.bad())
        manifest.rows = account.counts.total()
        if account.skipped:
            listed = os.path.join(manifest.uri, "skipped.jsonl")
            text = f"{account.skipped} bad rows were skipped (data.bad_rows: skip); they are listed in {listed}"
            events.emit("note", node="ExampleGen", text=text)


class _Write(beam.DoFn):
    def __init__(self, folders: Mapping[str, str], accounts: str) -> None:
        self._folders, self._accounts = folders, accounts

    def process(self, chunk: rows.Chunk) -> None:
        chunk.write(self._folders, self._accounts)
