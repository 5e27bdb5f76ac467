"""What the ExampleGen executors share: the splits, TFX's writing of them, the manifest, and the checks on all rows."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tfx import types
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor

from graduate.errors import DataError
from graduate.pipeline import events
from graduate.pipeline.data import rows, source, splits
from graduate.pipeline.data.source import Contents, Source


class Executor(BaseExampleGenExecutor):
    """Lists the source, lets TFX's base executor run and write the splits, then checks and writes the manifest.

    Beam's workers leave their manifest entries as files of one chunk each in `self._parts`.
    """

    _source: Source
    _contents: Contents
    _parts: str

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
        data = json.loads(exec_properties["data"])
        self._source = Source(data["kind"], exec_properties["input_path"], data, tuple(data["needs"]))
        self._contents = source.read(self._source, exec_properties["cache"])
        if self._contents.digest != exec_properties["digest"]:
            raise _changed(self._source.path)
        for note in self._contents.listing.notes:
            events.emit("note", node="ExampleGen", text=note)
        [manifest] = output_dict["manifest"]
        self._parts = os.path.join(manifest.uri, "parts")
        os.makedirs(self._parts)
        super().Do(input_dict, output_dict, {**exec_properties, **self._split_properties()})
        self._finish(manifest, exec_properties)

    def _split_names(self) -> Sequence[str]:
        return self._contents.listing.splits or tuple(self._source.shares)

    def _split_properties(self) -> dict[str, str]:
        """The splits, in the words of TFX's base executor; the "pattern" of each is its name."""
        named = [{"name": name, "pattern": name} for name in self._split_names()]
        return {"input_config": json.dumps({"splits": named}), "output_config": "{}"}

    def _finish(self, manifest: types.Artifact, exec_properties: dict[str, Any]) -> None:
        entries, skipped = rows.collect(self._parts)
        shutil.rmtree(self._parts)
        bad = os.path.join(exec_properties["cache"], "bad_rows", f"{exec_properties['digest'][:16]}.jsonl")
        rows.check_bad(skipped, self._source.data, root=self._source.path, listed_in=bad)
        counts = Counter(entry["split"] for entry in entries)
        splits.check_counts(counts, self._split_names(), skipped=len(skipped))
        rows.write_lines(os.path.join(manifest.uri, "manifest.jsonl"), entries)
        rows.write_lines(os.path.join(manifest.uri, "skipped.jsonl"), skipped)
        manifest.rows = len(entries)
        if skipped:
            listed = os.path.join(manifest.uri, "skipped.jsonl")
            text = f"{len(skipped)} bad rows were skipped (data.bad_rows: skip); they are listed in {listed}"
            events.emit("note", node="ExampleGen", text=text)


def _changed(path: str) -> DataError:
    return DataError(
        f"{path} changed while the run was starting", where="ExampleGen", hint="run the same command again"
    )
