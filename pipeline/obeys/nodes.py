"""Which config keys and which code each node obeys: one table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graduate.pipeline import graph, tasks
from graduate.pipeline.config import by_task, faults
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.obeys.code import CodeDigests


@dataclass(frozen=True)
class _Node:
    keys: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    user_code: str = ""  # the group of the config whose `module` it obeys
    rules: bool = False
    content: tuple[str, ...] = field(default=())


_TABLE: Mapping[str, _Node] = {
    "ExampleGen": _Node(("data",), ("graduate.pipeline.data.example_gen",), content=("data",)),
    "StatisticsGen": _Node((), ("graduate.pipeline.data.statistics",)),
    "Schema": _Node((), ("graduate.components.schema",), content=("schema",)),
    "ExampleValidator": _Node(),
    "DataGuard": _Node(("data", "leakage"), ("graduate.components.data_guard",)),
    "Transform": _Node(
        ("transform", "task", "labels"),
        ("graduate.pipeline.tasks.{task}", "graduate.pipeline.transform"),
        user_code="transform",
    ),
    "Trainer": _Node(
        ("model", "training", "transform", "task", "labels"), ("graduate.pipeline.trainer",), user_code="model"
    ),
    "Preflight": _Node(
        ("model", "training", "transform", "task", "labels"),
        ("graduate.components.preflight", "graduate.preflight.look", "graduate.pipeline.subject"),
        user_code="model",
    ),
    "Tuner": _Node(
        ("tuning", "model", "training", "transform", "task", "labels"),
        ("graduate.components.tuner", "graduate.pipeline.tuning"),
        user_code="model",
    ),
    "GradientDiagnostics": _Node(
        ("diagnostics",), ("graduate.components.gradient_diagnostics",), rules=True, user_code="diagnostics"
    ),
    "LastGraduate": _Node((), ("graduate.components.last_graduate",)),
    "Evaluator": _Node(("evaluation",), ("graduate.components.evaluator",), user_code="evaluation"),
    "ServingCheck": _Node(("serving",), ("graduate.components.serving_check", "graduate.serving_probe")),
    "CrossValidation": _Node(
        ("folds", "model", "training", "transform", "task", "labels"),
        ("graduate.components.cross_validation", "graduate.pipeline.folds"),
        user_code="model",
    ),
    "Gate": _Node((), ("graduate.components.gate",)),
    "Pusher": _Node(("push",), ("graduate.components.pusher",)),
}


def node_obeys(
    config: PipelineConfig, code: CodeDigests, content: Mapping[str, str], nodes: Iterable[str] | None = None
) -> dict[str, dict[str, Any]]:
    """What every node obeys.

    Args:
        config: the resolved config.
        code: digests of code.
        content: digests of what lies outside: `data` (files and their content), `schema` (a curated or accepted one).
        nodes: which nodes; all of the config's DAG if left out.

    Returns:
        {node: {"config:training.seed": 7, "code:my_models.py": digest, "data": digest}}
    """
    values = config.to_json()
    # where a folder lies is not what it holds: the content's digest stands for the path
    values["data"] = {key: value for key, value in values["data"].items() if key not in by_task.SOURCES}
    values["folds"] = values["evaluation"].pop("folds")
    values["labels"] = labels_of(values)
    asked = [node.id for node in graph.nodes(config)] if nodes is None else nodes
    found = {node: _obeys(_TABLE[node], config, values, code, content) for node in asked}
    if "Tuner" in found:
        found["Tuner"].update(_watched(config, tried(values["diagnostics"]), code))
    if "Trainer" in found:
        found["Trainer"].update(_watched(config, values["diagnostics"], code))
    return found


def labels_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of the group `data` what everything after ExampleGen has to know: which labels there are, and what they mean."""
    return {key: values["data"][key] for key in ("label", "target")}


def watching(diagnostics: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `diagnostics` that a training obeys: what is recorded, and, where rules act on it, their settings.

    What a training is judged by afterwards does not train it again.
    """
    acting = {"stop": ["rules", "ignore", "module"], "cure": ["rules", "ignore", "module", "max_cures"]}
    keys = ["record_every", "during_training", *acting.get(diagnostics["during_training"], [])]
    return {key: diagnostics[key] for key in keys if key in diagnostics}


def tried(diagnostics: Mapping[str, Any]) -> dict[str, Any]:
    """The group `diagnostics` of a trial: it is stopped where it is sick, whatever happens to the training itself."""
    mode = "off" if diagnostics["during_training"] == "off" else "stop"
    return {**diagnostics, "during_training": mode}


def _watched(config: PipelineConfig, diagnostics: Mapping[str, Any], code: CodeDigests) -> dict[str, Any]:
    obeyed = _flat("config:diagnostics", watching(diagnostics))
    if diagnostics["during_training"] in ("stop", "cure"):
        acting = ("graduate.diagnose", *faults.modules())
        obeyed.update({f"code:{name}": digest for name, digest in code.closure(acting).items()})
        obeyed.update(_user_code(config, "diagnostics", code) if diagnostics.get("module") else {})
    return obeyed


def _obeys(
    node: _Node, config: PipelineConfig, values: Mapping[str, Any], code: CodeDigests, content: Mapping[str, str]
) -> dict[str, Any]:
    obeys: dict[str, Any] = {}
    for key in node.keys:
        obeys.update(_flat(f"config:{key}", values[key]))
    foreign = tasks.others(config.task)
    followed = code.closure([name.format(task=config.task) for name in node.code]).items()
    obeys.update({f"code:{name}": digest for name, digest in followed if not name.startswith(foreign)})
    if node.rules:
        obeys.update({f"code:{name}": digest for name, digest in code.closure(faults.modules()).items()})
    if node.user_code in config.user_modules:
        obeys.update(_user_code(config, node.user_code, code))
    file = config.model.hyperparameters.get("file")  # a network to start from
    if "model" in node.keys and config.model.module is None and isinstance(file, str):
        obeys[f"file:{file}"] = code.content(config.input_path(file))
    obeys.update({name: content[name] for name in node.content if name in content})
    return dict(sorted(obeys.items()))


def _user_code(config: PipelineConfig, group: str, code: CodeDigests) -> dict[str, str]:
    """What a file of the user's and its imports are."""
    return {f"code:{name}": digest for name, digest in code.closure([config.user_modules[group]]).items()}


def _flat(prefix: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and value:
        flat: dict[str, Any] = {}
        for key, inner in value.items():
            flat.update(_flat(f"{prefix}.{key}", inner))
        return flat
    return {prefix: value}


_LONGEST = 60  # characters of two values: what is longer, such as a list of augmentations, is not told


def reason(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> str:
    """Say in a few words what differs between two `obeys`; "" where nothing does.

    Args:
        before: what the node obeyed when it last ran, or None if it never did.
        now: what it obeys.
    """
    if before is None:
        return "first run"
    changed = [key for key in sorted({*before, *now}) if before.get(key) != now.get(key)]
    config = [_setting(key, before, now) for key in changed if key.startswith("config:")]
    code = [_file(key) for key in changed if key.startswith("code:")]
    other = [key for key in changed if not key.startswith(("config:", "code:"))]
    parts = [*config, *(f"{name} changed" for name in [*_own_first(code), *other])]
    return ", ".join(parts[:3]) + (f" and {len(parts) - 3} more" if len(parts) > 3 else "")


def _setting(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    def shown(values: Mapping[str, Any]) -> str:
        return json.dumps(values[key], ensure_ascii=False) if key in values else "unset"

    name, told = key.removeprefix("config:"), f"{shown(before)} → {shown(now)}"
    return f"{name} {told}" if len(told) <= _LONGEST else f"{name} changed"


def _file(key: str) -> str:
    return key.removeprefix("code:")


def _own_first(names: list[str]) -> list[str]:
    """The user's files (`my_models.py`) before the project's modules (`graduate.…`)."""
    return sorted(names, key=lambda name: name.startswith("graduate"))
