"""What `scale.py` starts for each measurement: StatisticsGen and Transform over rows that lie there, by one engine.

    python benchmarks/scale_nodes.py ROWS_FOLDER OUT_FOLDER '{"runner": "flink", "options": {}}'

Prints a line of JSON: seconds of the imports, and of each node.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

_CONFIG = {
    "name": "scale",
    "task": "table",
    "data": {"table": "rows.csv", "label": "label"},
    "training": {"steps": 1},
    "evaluation": {"bounds": {}},
}


def main() -> None:
    """Run both nodes."""
    rows, out, beam = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    began = time.perf_counter()
    from graduate.pipeline import beam_speed, engines
    from graduate.pipeline.config.model import PipelineConfig

    beam_speed.apply()
    config = PipelineConfig.model_validate({**_CONFIG, "beam": beam})
    nodes = _nodes(config, rows, out)
    told = {"imports": time.perf_counter() - began}
    shutil.rmtree(out, ignore_errors=True)
    with engines.running(engines.beam_args(config)):
        for name, run in nodes:
            start = time.perf_counter()
            run()
            told[name] = time.perf_counter() - start
    print(json.dumps(told))


def _nodes(config: Any, rows: Path, out: Path) -> list[tuple[str, Any]]:
    """Both nodes as TFX would run them: by their components' own parameters."""
    from tfx.proto import transform_pb2
    from tfx.types import channel, standard_artifacts

    from graduate.pipeline.data.statistics import StatisticsExecutor, StatisticsGen
    from graduate.pipeline.engines import DIRECT
    from graduate.pipeline.transform import Transform, TransformExecutor

    examples = _artifact(standard_artifacts.Examples, rows)
    examples.split_names = '["train"]'
    given = channel.Channel(type=standard_artifacts.Examples)
    settings = config.to_json()
    transform = Transform(
        examples=given,
        schema=channel.Channel(type=standard_artifacts.Schema),
        preprocessing_fn="graduate.pipeline.tasks.table.preprocessing_fn",
        custom_config={**settings["transform"], "task": "table", "target": config.data.target},
        splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=["train"]),
        disable_statistics=False,
        disable_analyzer_cache=True,
    )
    counted = StatisticsGen(examples=given)
    context = {"beam_pipeline_args": list(DIRECT), "tmp_dir": str(out / "tmp"), "unique_id": "1"}
    statistics = {"statistics": [_artifact(standard_artifacts.ExampleStatistics, out / "StatisticsGen/statistics/1")]}
    made = {
        key: [_artifact(one.type, out / "Transform" / key / "1")] for key, one in transform.outputs.items()
        if key != "updated_analyzer_cache"
    }  # fmt: skip

    def count() -> None:
        executor = StatisticsExecutor(StatisticsExecutor.Context(**context))
        executor.Do({"examples": [examples]}, statistics, _plain(counted.exec_properties))

    def learn() -> None:
        schema = _artifact(standard_artifacts.Schema, out / "Schema/schema/1")
        _infer(statistics["statistics"][0].uri, schema.uri)
        executor = TransformExecutor(TransformExecutor.Context(**context))
        executor.Do({"examples": [examples], "schema": [schema]}, made, _plain(transform.exec_properties))

    return [("StatisticsGen", count), ("Transform", learn)]


def _artifact(kind: Any, place: Path) -> Any:
    artifact = kind()
    artifact.uri = str(place)
    artifact.id = 1
    return artifact


def _plain(properties: Any) -> dict[str, Any]:
    """Parameters as an executor gets them: protocol buffers as JSON."""
    from google.protobuf import json_format, message

    return {
        key: json_format.MessageToJson(value) if isinstance(value, message.Message) else value
        for key, value in properties.items()
        if value is not None
    }


def _infer(statistics: str, folder: str) -> None:
    import tensorflow_data_validation as tfdv

    found = tfdv.load_stats_binary(f"{statistics}/Split-train/FeatureStats.pb")
    schema = tfdv.infer_schema(found)
    schema.feature.sort(key=lambda feature: str(feature.name))  # the same graph whatever the order of the statistics
    Path(folder).mkdir(parents=True, exist_ok=True)
    tfdv.write_schema_text(schema, f"{folder}/schema.pbtxt")


if __name__ == "__main__":
    main()
