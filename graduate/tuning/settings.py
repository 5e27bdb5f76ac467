"""Chosen settings, as {key of the config: value}: laid over a config, and written as KerasTuner writes values.

A value of KerasTuner's is text, a whole number or a float. What is none of these (a list, a group, true, nothing), or
stands among values of other types, is written as its JSON; text that could be read as JSON is too.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Settings = Mapping[str, Any]
OWN = "tuner/"  # KerasTuner's own values, beside those of the space


def encoded(values: Sequence[Any]) -> list[Any]:
    """The values of one choice as KerasTuner takes them: all of one type."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return [float(value) for value in values]
    if len(kinds) == 1 and kinds <= {int, float}:
        return list(values)
    return [_text(value) for value in values]


def decoded(value: Any) -> Any:
    """A value of KerasTuner's as the config has it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def chosen(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a KerasTuner config of HyperParameters, such as TFX's Tuner publishes."""
    values = hyperparameters.get("values") or {}
    return {key: decoded(value) for key, value in values.items() if not key.startswith(OWN)}


def laid_over(config: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The config with these keys replaced; a group that is replaced as a whole comes before keys inside it.

    Args:
        config: groups as JSON values; it is left as it is.
        settings: `training.learning_rate` -> value.
    """
    changed = copy.deepcopy(dict(config))
    for key in sorted(settings, key=lambda key: key.count(".")):
        *groups, last = key.split(".")
        holder = changed
        for name in groups:
            inner = holder.get(name)
            holder[name] = holder = dict(inner) if isinstance(inner, Mapping) else {}
        value = copy.deepcopy(settings[key])
        if key == "model":  # hyperparameters of another network would not fit
            value = {**holder.get("model", {}), "hyperparameters": {}, **value}
        holder[last] = value
    return changed


def tuned(config: Mapping[str, Any], hyperparameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """The config that is trained: with the settings that a tuner found, where there was one."""
    return laid_over(config, chosen(hyperparameters or {}))


def short(key: str, keys: Sequence[str]) -> str:
    """The last part of a key, as far as it tells it from the others: `learning_rate`."""
    parts = key.split(".")
    for length in range(1, len(parts)):
        name = ".".join(parts[-length:])
        if sum(other == name or other.endswith(f".{name}") for other in keys) == 1:
            return name
    return key


def told(settings: Settings) -> str:
    """Settings in a few words: `learning_rate 0.00312, batch_size 64`."""
    keys = list(settings)
    return ", ".join(f"{short(key, keys)} {shown(settings[key])}" for key in keys)


def brief(value: Any) -> str:
    """A value as a cell of a table: of a group its values alone, `cnn [16, 32]`."""
    return " ".join(map(brief, value.values())) if isinstance(value, Mapping) else shown(value)


def shown(value: Any) -> str:
    """A value as a config would have it, on one line."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    return str(value)


def shortened(config: Mapping[str, Any], steps: int | None, share: float) -> dict[str, Any]:
    """The config with the length of a trial.

    Args:
        config: with the group `training`.
        steps: of a whole trial; None is as long as the config's training.
        share: of that.
    """
    training = dict(config["training"])
    if steps is not None:
        training |= {"steps": steps, "epochs": None}
    if training["steps"] is not None:
        training["steps"] = max(1, math.ceil(training["steps"] * share - 1e-9))
    elif training["epochs"] is not None:
        training["epochs"] = training["epochs"] * share
    return {**config, "training": training}
