"""`graduate schema diff|accept CONFIG`: what of the data does not fit the schema, and taking it over."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.errors import DataError, UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import schema_pb2

    from graduate.pipeline.config import PipelineConfig
    from graduate.pipeline.schema_changes import Change
    from graduate.pipeline.workspace import Workspace

HELP = "compare the data's schema with what came, and accept a change"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    actions = parser.add_subparsers(dest="action", metavar="diff|accept", required=True)
    for name, what in (
        ("diff", "say what of the data that came last does not fit the schema"),
        ("accept", "take those changes over into the schema that the work folder keeps"),
    ):
        action = actions.add_parser(name, help=what)
        _common.add_config_arguments(action)
        _common.add_json(action)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.data import schema_files

    config, workspace = _common.load_config(args), _common.workspace(args)
    curated = schema_files.curated(config)
    path = curated or workspace.schema(config.name)
    if args.action == "accept" and curated:
        raise UsageError(
            f"{curated} is a curated schema: it is yours to edit",
            hint=f"graduate schema diff {args.config} says what differs; or remove the key schema from the config",
        )
    if not path.is_file():
        raise UsageError(
            f"no schema has been inferred for {config.name} in this work folder yet",
            hint=f"graduate run {args.config} --until ExampleValidator",
        )
    schema = _read(path)
    found = _changes(schema, config, workspace, args.config)
    if args.action == "accept":
        _accept(path, schema, found)
    _show(args, path, found)
    return 0


def _read(path: Path) -> schema_pb2.Schema:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    try:
        return text_format.Parse(path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except text_format.ParseError as error:
        raise UsageError(f"is not a schema: {error}", where=str(path)) from None


def _changes(schema: schema_pb2.Schema, config: PipelineConfig, workspace: Workspace, named: str) -> list[Change]:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    from graduate.pipeline import schema_changes

    statistics, manifest = _latest(config, workspace, named)
    splits = {
        folder.name.removeprefix("Split-"): schema_changes.features(
            statistics_pb2.DatasetFeatureStatisticsList.FromString((folder / "FeatureStats.pb").read_bytes())
        )
        for folder in sorted(statistics.glob("Split-*"))
    }
    with open(manifest / "manifest.jsonl", encoding="utf-8") as lines:
        classes = Counter(json.loads(line)["class"] for line in lines)
    return schema_changes.changes(schema, splits, classes)


def _latest(config: PipelineConfig, workspace: Workspace, named: str) -> tuple[Path, Path]:
    """Folders of the statistics and the manifest of the data as it is now.

    Raises:
        DataError: no run has read it yet.
    """
    from graduate.pipeline import record
    from graduate.pipeline.data import source

    digest = source.digest(source.resolve(config, workspace), workspace.cache)
    store = record.open_store(workspace)
    found = _of_run(store, config.name, digest) if store else None
    if found is None:
        raise DataError(
            f"no run of {config.name} has read the data as it is now",
            hint=f"graduate run {named} --until ExampleValidator",
        )
    return found


def _of_run(store: Any, name: str, digest: str) -> tuple[Path, Path] | None:
    """From the latest run whose ExampleGen read data of this digest, and whose StatisticsGen ended."""
    from graduate.pipeline import by_hand, record

    for run in record.runs(store, name):
        executions = store.get_executions_by_context(run.context_id)
        if any(execution.custom_properties["digest"].string_value == digest for execution in executions):
            found = by_hand.outputs(store, run)
            if "ExampleStatistics" in found and "graduate.Manifest" in found:
                places = Path(found["ExampleStatistics"].uri), Path(found["graduate.Manifest"].uri)
                if all(place.is_dir() for place in places):
                    return places
    return None


def _accept(path: Path, schema: schema_pb2.Schema, found: list[Change]) -> None:
    from google.protobuf import text_format

    from graduate import files
    from graduate.pipeline import schema_changes

    if any(change.edit for change in found):
        files.write_text(path, text_format.MessageToString(schema_changes.accept(schema, found)))


def _show(args: argparse.Namespace, path: Path, found: list[Change]) -> None:
    accepted = args.action == "accept"
    if args.json:
        told = [{"feature": c.feature, "sentence": c.sentence, "fault": c.edit is not None} for c in found]
        print(json.dumps({"schema": str(path), "changes": told, "accepted": accepted}, ensure_ascii=False))
        return
    for change in found:
        print(change.sentence)
    faults = [change for change in found if change.edit]
    if not faults:
        print(f"The data fits the schema: {path}")
    elif accepted:
        print(f"Accepted into {path}; the next run obeys it: graduate run {args.config}")
    else:
        print(f"\nSchema: {path}\nTo take this over: graduate schema accept {args.config}")
