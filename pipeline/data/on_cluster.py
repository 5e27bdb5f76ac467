"""The rows of a run on Kubeflow: found by a step in the cluster, from what the spec says of them.

On a laptop `source.resolve` starts from the config's file; a step has the group `data` as the spec carries it, and the
rows where the launcher put them, in the image, or in a released package.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate.errors import UserError
from graduate.pipeline.data import demo, text_table
from graduate.pipeline.data.source import Source
from graduate.pipeline.workspace import Workspace


def of(told: Mapping[str, Any], brought: str | None) -> Source:
    """The source of rows.

    Args:
        told: what `kubeflow.given.data_parameters` wrote into the spec, its paths made local.
        brought: where the launcher put what lies in an object store; None where nothing was imported.

    Raises:
        UserError: there is nothing at that place.
    """
    data, kind = dict(told["data"]), told["source"]
    project = Path(told["project"])
    if demo_name := data.pop("demo", None):
        folder = demo.materialise(demo_name, Workspace(Path(told["scratch"])))
        path = folder / "table.csv" if demo.KINDS[demo_name] == "table" else folder
    else:
        path = Path(brought) if brought is not None else _in(project, str(data[kind]))
    if not path.exists() and not any(one in str(path) for one in "*?["):
        raise UserError(
            f"there is nothing at {path}",
            hint="the object store has nothing at this URI"
            if brought
            else "the image does not hold it: build it again",
        )
    if data["labels"] is not None:
        data["labels"] = str(_in(path if brought else project, data["labels"]))
    if kind == "texts" and text_table.is_table(str(path)):
        kind = text_table.KIND
    return Source(kind, str(path), data, tuple(told["needs"]), told["task"])


def _in(folder: Path, path: str) -> Path:
    return Path(os.path.abspath(folder / Path(path).expanduser()))


def example_gen_parameters(source: Source, told: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """ExampleGen's parameters, as on a laptop."""
    data = {**source.data, "kind": source.kind, "needs": source.needs, "task": source.task}
    if source.task == "audio":  # what is kept of a recording is resampled
        data["rate"] = told["rate"]
    cache = str(Workspace(Path(told["scratch"])).cache)
    return {"data": json.dumps(data, sort_keys=True), "input_path": source.path, "digest": digest, "cache": cache}
