"""Which keys of the config Kubeflow's page lets people change, and how a changed value reaches a node's parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graduate.errors import UsageError
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.problems import nearest

DATA = "data_uri"  # where the rows lie, where that is an object store
SET = "set_"  # before the name of a task's parameter that changes others
_GROUPS = ("training", "model", "evaluation")


@dataclass(frozen=True)
class Changeable:
    """A parameter of the pipeline: `training_learning_rate` for the key `training.learning_rate`."""

    name: str
    key: str
    type: str
    default: Any
    description: str


# By node where its parameters repeat the config: (parameter, keys within its JSON that lead there, group that is
# meant). None for the group: the JSON has the groups of the config as they are.
_PLACES: Mapping[str, tuple[tuple[str, tuple[str, ...], str | None], ...]] = {
    "Preflight": (("config", (), None),),
    "Tuner": (("config", (), None),),
    "CrossValidation": (("config", (), None),),
    "Trainer": (("custom_config", ("config",), None),),
    "Evaluator": (("rules", (), "evaluation"),),
    "Pusher": (("card", ("config",), None),),
}


def changeable(config: PipelineConfig) -> list[Changeable]:
    """The learning rate, every bound, and what `kubeflow.parameters` names, in this order.

    Raises:
        UsageError: `kubeflow.parameters` names a key that is none, or no plain value.
    """
    values = config.to_json()
    found = {key: value for key, value in _plain("", values) if key.startswith(_GROUPS)}
    asked = ["training.learning_rate", *(key for key in found if key.startswith("evaluation.bounds."))]
    for key in config.kubeflow.parameters if config.kubeflow else ():
        if found.get(key) is None:
            near = nearest(key, [name for name, value in found.items() if value is not None])
            raise UsageError(
                f"kubeflow.parameters: {key} is no plain value of the config that can be changed",
                where=config.source,
                hint=f"did you mean {near}?" if near else f"numbers and words of {', '.join(_GROUPS)}",
            )
        asked.append(key)
    return [_one(key, found[key]) for key in dict.fromkeys(asked) if found.get(key) is not None]


def _one(key: str, value: Any) -> Changeable:
    kinds = {bool: "BOOLEAN", int: "NUMBER_INTEGER", float: "NUMBER_DOUBLE", str: "STRING"}
    return Changeable(key.replace(".", "_"), key, kinds[type(value)], value, f"instead of {key} in the config")


def _plain(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _plain(f"{prefix}.{key}" if prefix else key, inner)
    elif value is None or isinstance(value, bool | int | float | str):
        yield prefix, value


def apply(node: str, parameters: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """A node's parameters with values of the config changed in them, and in what its cache key covers.

    Args:
        node: its id.
        parameters: by name.
        changed: {"training.learning_rate": 0.01}
    """
    done = dict(parameters)
    for name, inside, group in _PLACES.get(node, ()):
        if name in done:
            told = json.loads(done[name])
            at = told
            for key in inside:
                at = at[key]
            for key, value in changed.items():
                _set(at, key.removeprefix(f"{group}.") if group else key, value)
            done[name] = json.dumps(told, sort_keys=True)
    if "obeys" in done:
        obeyed = json.loads(done["obeys"])
        obeyed.update({f"config:{key}": value for key, value in changed.items() if f"config:{key}" in obeyed})
        done["obeys"] = json.dumps(obeyed, sort_keys=True)
    return done


def _set(values: dict[str, Any], dotted: str, value: Any) -> None:
    """Change one value; whole numbers come as doubles, and stay whole where a whole one stood."""
    *path, last = dotted.split(".")
    for key in path:
        if not isinstance(values.get(key), dict):
            return
        values = values[key]
    if last in values:
        before = values[last]
        whole = isinstance(before, int) and not isinstance(before, bool) and isinstance(value, float)
        values[last] = int(value) if whole and value.is_integer() else value
