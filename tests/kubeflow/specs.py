"""Specs to be judged: one that Kubeflow's SDK compiles, and every example of ours."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
WHERE = {"image": "registry/graduate:1", "root": "minio://mlpipeline/v2/artifacts"}
NAMES = sorted(str(file.relative_to(EXAMPLES)) for file in EXAMPLES.rglob("*.yaml"))


@functools.cache
def example(name: str, *overrides: str) -> str:
    """An example, compiled."""
    from graduate.pipeline.config.load import load
    from graduate.pipeline.kubeflow import compile_config

    where = [f"kubeflow.{key}={value}" for key, value in WHERE.items()]
    return compile_config(load(EXAMPLES / name, [*where, *overrides]))


def documents(spec: str) -> list[dict[str, Any]]:
    """The pipeline, and the platform document where there is one."""
    return list(yaml.safe_load_all(spec))


def text(*parts: dict[str, Any]) -> str:
    """Documents as a file."""
    return yaml.safe_dump_all(parts)


def by_the_sdk() -> list[dict[str, Any]]:
    """An importer, a judge, and in a box with a condition a task that takes both; secrets and volumes for one of them.

    As in our specs, with the parts that Kubeflow's SDK writes itself.
    """
    from kfp import compiler, dsl, kubernetes

    @dsl.container_component
    def judge(rows: dsl.Input[dsl.Dataset], bound: float, passed: dsl.OutputPath(int)):  # type: ignore[valid-type]
        return dsl.ContainerSpec("me/judge:1", ["judge"], [rows.uri, str(bound), passed])

    @dsl.container_component
    def ship(rows: dsl.Input[dsl.Dataset], passed: int):
        return dsl.ContainerSpec("me/ship:1", ["ship"], [rows.uri, str(passed)])

    @dsl.pipeline(name="by-the-sdk")
    def pipeline(bound: float = 0.5):
        rows = dsl.importer("minio://bucket/rows", dsl.Dataset)
        judged = judge(rows=rows.output, bound=bound)
        with dsl.If(judged.outputs["passed"] == 1):
            shipped = ship(rows=rows.output, passed=judged.outputs["passed"])
            kubernetes.use_secret_as_env(shipped, "store", {"key": "STORE_KEY"})
            kubernetes.mount_pvc(shipped, "models", "/models")
            kubernetes.add_node_selector(shipped, "disk", "fast")

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(file))
        return documents(file.read_text())


def tasks_of(spec: dict[str, Any], component: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """All tasks, those in boxes too."""
    found: dict[str, dict[str, Any]] = {}
    for name, task in ((component or spec["root"]).get("dag") or {}).get("tasks", {}).items():
        found[name] = task
        found |= tasks_of(spec, spec["components"][task["componentRef"]["name"]])
    return found
