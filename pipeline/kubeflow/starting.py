"""What a run on Kubeflow finds out first: which rows there are, and which version serves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graduate import publish
from graduate.pipeline.data import on_cluster, source
from graduate.pipeline.kubeflow import leaving
from graduate.pipeline.kubeflow.places import Mounts
from graduate.pipeline.workspace import Workspace


def run(told: Mapping[str, Any], definition: Mapping[str, Any], mounts: Mounts) -> None:
    """The step `Start`: gives `digest` and `serving_version`.

    Raises:
        DataError: the rows are not there, or not what the config says.
    """
    given = told["inputs"]
    asked = mounts.locals_in(json.loads(given["parameterValues"]["data"]))
    brought = [one for made in given.get("artifacts", {}).values() for one in made["artifacts"]]
    rows = on_cluster.of(asked, mounts.local(brought[0]["uri"]) if brought else None)
    contents = source.read(rows, Workspace(Path(asked["scratch"])).cache)
    version = publish.serving(Path(mounts.local(given["parameterValues"]["push_to"])))
    serving = mounts.everywhere(str(version.folder)) if version else ""
    leaving.write(told, {}, {"digest": contents.digest, "serving_version": serving}, mounts)


def example_gen(properties: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """ExampleGen's executor, which the rows decide, and its parameters; its input is the rows' place alone."""
    from graduate.pipeline.data.example_gen import executor_of

    told = json.loads(properties["data"])
    brought = [one for made in inputs.values() for one in made]
    rows = on_cluster.of(told, brought[0].uri if brought else None)
    kind = executor_of(rows.kind)
    return f"{kind.__module__}.{kind.__qualname__}", on_cluster.example_gen_parameters(rows, told, properties["digest"])
