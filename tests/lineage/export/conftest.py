"""Documents of the history in every format, and of a pipeline that TFX ran without Graduate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graduate import files
from graduate.pipeline.lineage import export
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.export import checking
from tests.lineage.writing import Writer, opened


def exported(records: Records, word: str, form: str) -> Any:
    """A document as a reader of its text has it: of OpenLineage a list of events."""
    text = export.export(records, word, form)
    return [json.loads(line) for line in text.splitlines()] if export.FORMATS[form].lines else json.loads(text)


@pytest.fixture(scope="session")
def openlineage() -> checking.OpenLineage:
    return checking.OpenLineage()


@pytest.fixture(scope="session")
def classes() -> checking.Classes:
    return checking.Classes()


@pytest.fixture
def stock(tmp_path: Path) -> Records:
    """TFX's own components with names of their own, none of Graduate's properties, data in a bucket."""
    writer = Writer(opened(tmp_path / "stock.sqlite"), tmp_path)
    run = ("taxi", "2026-02-01T10:00:00.123456")
    plain = writer.artifact
    source = {"input_base": "s3://AKIA:hidden@lake/taxi?X-Amz-Signature=hidden", "input_config": "{}"}
    examples = plain("Examples", "s3://lake/run/examples/1", split_names='["train", "eval"]', span=3)
    (examples,) = writer.execution(*run, "CsvExampleGen", {}, {"examples": [examples]}, source)
    (schema,) = writer.execution(
        *run, "SchemaGen", {"examples": [examples]}, {"schema": [plain("Schema", "/gone/schema/2")]}
    )
    given = {"custom_config": json.dumps({"api_key": "hidden", "epochs": 3}), "module_file": "/code/taxi.py"}
    inputs = {"examples": [examples], "schema": [schema]}
    (model,) = writer.execution(*run, "Trainer", inputs, {"model": [plain("Model", "/gone/model/3")]}, given)
    made = {
        "evaluation": [plain("ModelEvaluation", "/gone/evaluation/4")],
        "blessing": [plain("ModelBlessing", "/gone/blessing/4", blessed=1, current_model_id=model)],
    }
    _, blessing = writer.execution(*run, "Evaluator", {"examples": [examples], "model": [model]}, made)
    told = {"pushed": 1, "pushed_destination": "/gone/serving/1700000000", "pushed_version": "1700000000"}
    pushed = plain("PushedModel", "/gone/pushed/5", **told)
    writer.execution(*run, "Pusher", {"model": [model], "model_blessing": [blessing]}, {"pushed_model": [pushed]})
    return Records(open_store(str(tmp_path / "stock.sqlite")))


def measure(folder: Path) -> None:
    """Metrics as the Evaluator writes them, into the folder of an evaluation."""
    row = {"accuracy": 0.875, "examples": 8.0}
    told = {
        "overall": {"accuracy": 0.9166666666666666, "loss": float("nan"), "examples": 24.0},
        "slices": {"label=0": row},
        "per_class": {"0": {"recall": 1.0}},
        "split": "test",
        "baseline": {"overall": {"accuracy": 0.5}},
    }
    files.write_text(folder / "metrics.json", json.dumps(told))
