"""ExampleGen: rows come in as tf.Examples in splits, beside a manifest of where each came from.

The spec is ours, without TFX's file driver: that driver's fingerprint is file count, bytes and times, and a file moved
from one class folder to another leaves it as it was. Here `digest` covers every path and content.
"""

from __future__ import annotations

import json
from typing import Any

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from graduate.components.artifacts import Manifest
from graduate.pipeline.data.folder_executor import FolderExecutor
from graduate.pipeline.data.table_executor import TableExecutor
from graduate.pipeline.data.text_table_executor import TextTableExecutor
from graduate.pipeline.data.tfrecord_executor import TFRecordExecutor

_EXECUTORS: dict[str, Any] = {
    "images": FolderExecutor,
    "texts": FolderExecutor,
    "text_table": TextTableExecutor,
    "audio": FolderExecutor,
    "table": TableExecutor,
    "tfrecords": TFRecordExecutor,
}


def executor_of(kind: str) -> Any:
    """The executor for a kind of source (`source.Kind`)."""
    return _EXECUTORS[kind]


class ExampleGenSpec(ComponentSpec):
    PARAMETERS = {
        "data": ExecutionParameter(type=str),
        "input_path": ExecutionParameter(type=str),
        "digest": ExecutionParameter(type=str),
        "cache": ExecutionParameter(type=str),
        "obeys": ExecutionParameter(type=str, optional=True),
    }
    INPUTS: dict[str, ChannelParameter] = {}
    OUTPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "manifest": ChannelParameter(type=Manifest),
    }


class ExampleGen(base_beam_component.BaseBeamComponent):
    """Brings rows in.

    Outputs:
        examples: splits train, eval and test of gzipped TFRecords of tf.Example: `image` (the encoded file), `label`
            (class name), `path` (relative), `hash` (first 16 hexadecimal digits of the content's SHA-256), `height`,
            `width`, `channels`.
        manifest: `manifest.jsonl` (path, hash, split, class, height, width, channels, look, group; by path) and
            `skipped.jsonl` (path, reason).

    Args:
        data: the config's `data` group as JSON, with `kind` and `needs`; see `source.example_gen_parameters`.
        input_path: the resolved folder, file or glob.
        digest: `source.digest` of what is there: input that changed since is an error.
        cache: the work folder's cache, for hashes of files and the list of bad rows.
        obeys: what else this node's cache key covers, as JSON.
    """

    SPEC_CLASS = ExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(FolderExecutor)  # or, by `kind`, one of _EXECUTORS

    def __init__(self, data: str, input_path: str, digest: str, cache: str, obeys: str | None = None) -> None:
        spec = ExampleGenSpec(
            data=data,
            input_path=input_path,
            digest=digest,
            cache=cache,
            obeys=obeys,
            examples=channel.OutputChannel(standard_artifacts.Examples, self, "examples"),
            manifest=channel.OutputChannel(Manifest, self, "manifest"),
        )
        super().__init__(
            spec, custom_executor_spec=executor_spec.BeamExecutorSpec(executor_of(json.loads(data)["kind"]))
        )
