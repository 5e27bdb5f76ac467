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


def tasks_of(spec: dict[str, Any], component: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """All tasks, those in boxes too."""
    found: dict[str, dict[str, Any]] = {}
    for name, task in ((component or spec["root"]).get("dag") or {}).get("tasks", {}).items():
        found[name] = task
        found |= tasks_of(spec, spec["components"][task["componentRef"]["name"]])
    return found
