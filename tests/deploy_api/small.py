"""A small pipeline spec in the form of `graduate compile`: nodes, and conditions within conditions."""

from __future__ import annotations

from typing import Any

import yaml

PARAMETERS = {"training_learning_rate": "NUMBER_DOUBLE", "training_steps": "NUMBER_INTEGER", "graduate_name": "STRING"}


def spec(root: str = "minio://mlpipeline/v2/artifacts", note: str = "") -> str:
    """The YAML.

    Args:
        root: where artifacts go.
        note: a description, to make another version of it.
    """
    components: dict[str, Any] = {}
    inner = _dag(components, ["LastGraduate", "Gate"], "Gate", ["Pusher"])
    trained = _dag(components, ["Transform", "Preflight"], "Preflight", ["Trainer"], then=inner)
    whole = _dag(components, ["ExampleGen", "DataGuard"], "DataGuard", None, then=trained)
    document = {
        "pipelineInfo": {"name": "small", "description": note},
        "schemaVersion": "2.1.0",
        "sdkVersion": "graduate",
        "defaultPipelineRoot": root,
        "root": {
            "dag": whole,
            "inputDefinitions": {"parameters": {name: {"parameterType": kind} for name, kind in PARAMETERS.items()}},
        },
        "components": components,
        "deploymentSpec": {"executors": {"exec-any": {"container": {"image": "me/g:1", "command": ["true"]}}}},
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-any": {"nodeSelector": {}}}}}}}
    return yaml.safe_dump_all([document, platform], sort_keys=False)


def _dag(
    components: dict[str, Any], nodes: list[str], guard: str, guarded: list[str] | None, then: dict | None = None
) -> dict[str, Any]:
    """Nodes one after the other, then what the last one's verdict guards: `guarded`, and the DAG `then` after it."""
    tasks = _chain(components, nodes)
    inside = _chain(components, guarded or [])
    for name, task in (then or {"tasks": {}})["tasks"].items():
        first = "dependentTasks" not in task and guarded
        inside[name] = {**task, "dependentTasks": [guarded[-1]]} if first else task
    components[f"comp-condition-{guard}"] = {"dag": {"tasks": inside}}
    tasks[f"condition-{guard}"] = {
        "taskInfo": {"name": f"condition-{guard}"},
        "componentRef": {"name": f"comp-condition-{guard}"},
        "dependentTasks": [nodes[-1]],
        "triggerPolicy": {"condition": "inputs.parameter_values['passed'] == 1"},
    }
    return {"tasks": tasks}


def _chain(components: dict[str, Any], names: list[str]) -> dict[str, Any]:
    tasks: dict[str, Any] = {}
    for before, name in zip([None, *names], names, strict=False):
        components[f"comp-{name}"] = {"executorLabel": "exec-any"}
        tasks[name] = {"taskInfo": {"name": name}, "componentRef": {"name": f"comp-{name}"}}
        if before:
            tasks[name]["dependentTasks"] = [before]
    return tasks
