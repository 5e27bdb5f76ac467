"""The group `tuning`: its search space as dimensions, and what is wrong with it.

A value that may be tried has to pass every check that it would have to pass in the config itself: each is put there,
and the whole is checked.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from graduate.pipeline.config import checks, problems
from graduate.pipeline.config.groups import TuningConfig
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.problems import Problem
from graduate.pipeline.config.source import Path
from graduate.tuning.settings import encoded, laid_over, shortened, shown, told
from graduate.tuning.space import Dimension, leaves, rungs

_AT: Path = ("tuning", "space")
_FORMS = "a list such as [32, 64], {between: [0, 0.5]} or {log: [0.0001, 0.1]}"
_COMBINATIONS = 64  # of values together that are checked, of all that there are
_FIXED: Mapping[str, str] = {
    "model.module": "give functions of one module as model.build: [small, large]",
    "training": "give its keys, for example training.learning_rate",
    "training.steps": "tuning.steps is the length of a trial",
    "training.epochs": "tuning.steps is the length of a trial",
    "training.seed": "a seed is chance and no setting: what wins by it wins nothing",
    "training.strategy": "it changes speed and no number",
    "training.checkpoint_every": "it changes speed and no number",
    "training.steps_per_call": "it changes speed and no number",
    "training.xla": "it changes speed and no number",
}
METRICS: Mapping[str, Sequence[str]] = {
    "class": ("eval_loss", "eval_accuracy"),
    "labels": ("eval_loss", "eval_accuracy"),
    "number": ("eval_loss", "eval_mae"),
}


def space(config: PipelineConfig) -> list[Dimension]:
    """The dimensions of a config whose `tuning` has been checked, by their keys: what is drawn follows from the order,
    and a config that was read back from a store may have another."""
    assert config.tuning is not None
    trial = _Trial(config)
    found = [_dimension(key, given, trial) for key, given in sorted(leaves(config.tuning.space).items())]
    return [one for one in found if isinstance(one, Dimension)]


def check(config: PipelineConfig) -> Iterator[Problem]:
    """All that is wrong with the group."""
    tuning = config.tuning
    if tuning is None:
        return
    yield from _group(config, tuning)
    dimensions, trial = [], _Trial(config)
    for key, given in leaves(tuning.space).items():
        found = _known(config, key) or _dimension(key, given, trial)
        if isinstance(found, Dimension):
            found = trial.first_problem(found) or found
        if isinstance(found, Dimension):
            dimensions.append(found)
        else:
            yield found._replace(path=_place(tuning.space, key))
    if len(dimensions) == len(leaves(tuning.space)) > 1:
        yield from trial.together(dimensions)


def _group(config: PipelineConfig, tuning: TuningConfig) -> Iterator[Problem]:
    if not tuning.space:
        yield Problem(_AT, "tuning.space is empty", "for example space: {training.learning_rate: {log: [0.0001, 0.1]}}")
    metrics = METRICS[config.data.target]
    if tuning.metric not in metrics:
        message = f"tuning.metric is {tuning.metric}, which a training of target {config.data.target} does not have"
        yield Problem(("tuning", "metric"), message, f"it has {problems.one_of(metrics)}")
    if tuning.algorithm == "hyperband" and tuning.trials < 4:
        message = f"hyperband needs 4 trials at least, and tuning.trials is {tuning.trials}"
        yield Problem(("tuning", "trials"), message, "4: three short ones, of which the best goes on")
    if config.training.strategy == "multi_worker":
        message = "trials are trained by one worker, and training.strategy is multi_worker"
        yield Problem(
            ("tuning",), message, "tune in a run of its own with strategy: auto, and write what it found here"
        )


def _place(given: Mapping[str, Any], key: str, path: Path = _AT) -> Path:
    """Where a key stands, which may be written dotted, or as groups within groups."""
    for name, value in given.items():
        if key == name:
            return (*path, name)
        if key.startswith(f"{name}.") and isinstance(value, dict):
            return _place(value, key.removeprefix(f"{name}."), (*path, name))
    return path


def _known(config: PipelineConfig, key: str) -> Problem | None:
    """What is wrong with the key itself."""
    *groups, last = key.split(".")
    if key in _FIXED:
        return Problem(_AT, f"{key} cannot be tuned", _FIXED[key])
    if (groups or [last])[0] not in ("model", "training"):
        return Problem(_AT, f"{key} cannot be tuned", "keys of model and training can: what comes before is shared")
    holder: Any = config.to_json()
    for number, name in enumerate(groups, 1):
        holder = holder.get(name)
        if not isinstance(holder, dict):
            outer = ".".join(groups[:number])
            is_ = "no key" if outer != key and holder is None else f"{shown(holder)}, which has no keys"
            return Problem(_AT, f"{key} cannot be tuned: {outer} is {is_}", f"give {outer} as a mapping in the config")
    if groups == ["model", "hyperparameters"]:  # which there are is the builder's affair
        return None
    choices = problems.keys_at(tuple(groups))
    if last not in choices:
        near = problems.nearest(last, choices)
        hint = f"did you mean {'.'.join([*groups, near])}?" if near else f"known: {', '.join(choices)}"
        return Problem(_AT, f"unknown key {key}", hint)
    return None


def _dimension(key: str, given: Any, trial: _Trial) -> Dimension | Problem:
    if isinstance(given, list):
        if not given:
            return Problem(_AT, f"tuning.space: {key} has no values", _FORMS)
        texts = [json.dumps(value) for value in encoded(given)]
        if len(set(texts)) < len(texts):
            return Problem(_AT, f"tuning.space: {key} has a value twice")
        return Dimension(key, "choice", tuple(given))
    if not isinstance(given, dict) or len(given) != 1:
        return Problem(_AT, f"tuning.space: {key} has to be {_FORMS}")
    ((form, ends),) = given.items()
    numbers = isinstance(ends, list) and len(ends) == 2 and all(_is_number(end) for end in ends)
    if not numbers or not ends[0] < ends[1]:
        return Problem(_AT, f"tuning.space: {key}: {form} takes two numbers, the smaller one first", _FORMS)
    if form == "log" and ends[0] <= 0:
        return Problem(_AT, f"tuning.space: {key}: log starts above 0, not at {shown(ends[0])}", "for example 0.0001")
    kind = "int" if all(isinstance(end, int) for end in ends) and trial.whole(key, ends[0]) else "float"
    number = int if kind == "int" else float
    return Dimension(key, kind, low=number(ends[0]), high=number(ends[1]), log=form == "log")  # type: ignore[arg-type]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Trial:
    """A config in whose place others are checked."""

    def __init__(self, config: PipelineConfig) -> None:
        self._config = config
        assert config.tuning is not None
        units, _ = rungs(config.tuning.algorithm, config.tuning.trials)
        values = {key: value for key, value in config.to_json().items() if key != "tuning"}
        self._values = shortened(values, config.tuning.steps, 1 / units)  # as short as a trial gets
        self._before = {found.message for found in self._problems({})}

    def whole(self, key: str, low: int) -> bool:
        """Whether a key takes whole numbers alone, or a user's own builder does not say what it takes."""
        own = self._config.model.module is not None and key.startswith("model.hyperparameters.")
        return own or bool(self.problems({key: low + 0.5}))

    def problems(self, settings: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with the config with these settings, and is not wrong without them."""
        return [found for found in self._problems(settings) if found.message not in self._before]

    def first_problem(self, dimension: Dimension) -> Problem | None:
        """What is wrong with one of a dimension's values by itself."""
        for value in dimension.corners():
            for found in self.problems({dimension.key: value}):
                return Problem(_AT, f"tuning.space: {dimension.key} {shown(value)}: {found.message}", _hint(found))
        return None

    def together(self, dimensions: Sequence[Dimension]) -> Iterator[Problem]:
        """What is wrong with values that are right by themselves; the first."""
        every = list(itertools.product(*(one.corners() for one in dimensions)))
        for values in every[:: -(-len(every) // _COMBINATIONS)]:
            settings = {one.key: value for one, value in zip(dimensions, values, strict=True)}
            for found in self.problems(settings):
                message = f"tuning.space: {told(settings)} do not go together: {found.message}"
                yield Problem(_AT, message, _hint(found))
                return

    def _problems(self, settings: Mapping[str, Any]) -> list[Problem]:
        values = laid_over(self._values, settings)
        try:
            changed = PipelineConfig.model_validate_json(json.dumps(values), strict=True)
        except ValidationError as error:
            return problems.from_pydantic(error)
        if changed.model.module != self._config.model.module:
            return [Problem(("model", "module"), "model.module has to be that of the config", _FIXED["model.module"])]
        return list(checks.check(changed.located(self._config.source)))


def _hint(found: Problem) -> str | None:
    meant = (found.hint or "").startswith("did you mean")
    if "hyperparameter" in found.message and found.path[:1] == ("model",) and not meant:
        return (
            "where networks take different hyperparameters, give each whole: "
            "model: [{build: mlp, hyperparameters: {units: [64]}}, {build: cnn}]"
        )
    return found.hint
