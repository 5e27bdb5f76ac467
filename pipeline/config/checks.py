"""What is wrong with a config although every key has the right type. Nothing heavy is imported, no data is read."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from graduate.pipeline.config import by_task
from graduate.pipeline.config.groups import Bound, OptimizerConfig, ScheduleConfig, SliceConfig
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.config.problems import Problem, nearest
from graduate.pipeline.config.source import Path, dotted

_SOURCES = tuple(by_task.SOURCES)
_SHARES = ("accuracy", "precision", "recall", "auc", "calibration_error")  # metrics that lie in [0, 1]
_SLICE_METRICS = ("accuracy", "loss", "precision", "recall", "auc", "mae", "rmse", "r2")
_OWN_METRICS = "evaluation.module"
_NEEDS_BOUND = (
    "without a bound any model would be pushed: for example evaluation: {bounds: {accuracy: {at_least: 0.9}}}"
)


def check(config: PipelineConfig) -> Iterator[Problem]:
    """All that is wrong, in no order."""
    yield from _data(config)
    yield from _schema_file(config)
    yield from _modules(config)
    yield from _training(config)
    yield from _diagnostics(config)
    yield from _evaluation(config)
    yield from _task(config)
    if config.tuning is not None:
        from graduate.pipeline.config import tuning  # which puts every value into a config, and checks that here

        yield from tuning.check(config)


def _data(config: PipelineConfig) -> Iterator[Problem]:
    data = config.data
    sources = [key for key in _SOURCES if getattr(data, key) is not None]
    if not sources:
        yield Problem(("data",), "data names no source", f"give one of {', '.join(f'data.{key}' for key in _SOURCES)}")
    if len(sources) > 1:
        yield Problem(
            ("data", sources[1]),
            f"data names two sources: {' and '.join(sources)}",
            "keep one; a pipeline has one source",
        )
    for key in sources:
        if not getattr(data, key).strip():
            yield Problem(("data", key), f"data.{key} is empty", "name a folder, relative to the config file")
    if data.labels is not None and data.images is None:
        yield Problem(("data", "labels"), "data.labels is for data.images", "name the folder of images")
    if data.split is not None:
        yield from _split(config)
    if data.group_by is not None and data.tfrecords is None and data.table is None and not _texts_in_table(config):
        yield from _group_by(data.group_by)


def _texts_in_table(config: PipelineConfig) -> bool:
    """Whether `data.group_by` is a column and no expression."""
    if config.data.texts is None:
        return False
    from graduate.pipeline.data import text_table

    return text_table.is_table(str(config.input_path(config.data.texts)))


def _split(config: PipelineConfig) -> Iterator[Problem]:
    path, split = ("data", "split"), config.data.split or {}
    total = math.fsum(split.values())
    if abs(total - 1) > 1e-6:
        yield Problem(path, f"the shares of data.split add up to {total:g}, not to 1", "for example 0.8, 0.1, 0.1")
    for name, why in {"train": "nothing would be trained on", "eval": "the training is watched on it"}.items():
        if name not in split:
            yield Problem(path, f"data.split has no share for {name}: {why}", f"add {name}: 0.1")
    if config.evaluation.split not in split and config.evaluation.split != "eval":
        yield Problem(
            ("evaluation", "split"),
            f"evaluation.split is {config.evaluation.split}, of which data.split makes none",
            f"add a share for {config.evaluation.split} to data.split, or evaluate on eval",
        )


def _group_by(pattern: str) -> Iterator[Problem]:
    path = ("data", "group_by")
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        yield Problem(path, f"data.group_by is not a regular expression: {error}")
        return
    if groups == 0:
        yield Problem(
            path, "data.group_by has no group in it", f"put what tells groups apart in (…): for example ({pattern})"
        )


def _schema_file(config: PipelineConfig) -> Iterator[Problem]:
    if config.schema_ is None:
        return
    file = config.input_path(config.schema_)
    if not file.is_file():
        hint = "leave schema out to have one inferred; the path is relative to the config file"
        yield Problem(("schema",), f"schema: no such file {file}", hint)


def _modules(config: PipelineConfig) -> Iterator[Problem]:
    """The user's own files. The names of builders are the task's business: see `_task`."""
    modules, transform = config.user_modules, config.transform
    if transform.module is None and transform.function is not None:
        yield Problem(("transform", "function"), "transform.function needs transform.module", "name the Python file")
    if transform.module is not None and transform.function is None:
        hint = "for example transform: {module: my_preprocessing.py, function: clean}"
        yield Problem(("transform", "module"), "transform.module needs transform.function", hint)
    if not modules:
        return
    from graduate.pipeline.config import user_module

    named: dict[str, dict[str, Path]] = {
        "model": {config.model.build: ("model", "build")},
        "transform": {transform.function: ("transform", "function")} if transform.function else {},
        "evaluation": {name: path for name, path in _bounded(config) if name not in by_task.ALL_METRICS},
        "diagnostics": {},
    }
    for group, file in modules.items():
        found = list(user_module.check_module(file, named[group], (group, "module")))
        yield from found
        if group == "diagnostics" and not found:
            yield from _own_rules(user_module.rules_in(file))


def _own_rules(rules: Mapping[str, object]) -> Iterator[Problem]:
    from graduate.pipeline.config import faults

    at = ("diagnostics", "module")
    if not rules:
        yield Problem(at, "diagnostics.module makes no rule", "for example rule = Rule(fault='my-fault', check=check)")
    for fault in rules:
        if fault in faults.known():
            yield Problem(at, f"diagnostics.module: {fault} has a rule of ours", "give the fault another name")
        elif not re.fullmatch("[a-z][a-z0-9-]*", fault):
            yield Problem(at, f"diagnostics.module: a fault cannot be named {fault!r}", "for example my-fault")


def _training(config: PipelineConfig) -> Iterator[Problem]:
    training, at = config.training, "training"
    if training.steps is None and training.epochs is None:
        yield Problem((at,), "training has neither steps nor epochs", "for example training: {steps: 600}")
    if training.steps is not None and training.epochs is not None:
        yield Problem((at, "epochs"), "training has both steps and epochs", "keep one of them")
    if training.batch_size % training.accumulate:
        yield Problem(
            (at, "accumulate"),
            f"training.batch_size {training.batch_size} cannot be divided by training.accumulate {training.accumulate}",
            "accumulate is the number of equal parts that a batch is computed in",
        )
    if training.clip_norm is not None and training.clip_value is not None:
        yield Problem((at, "clip_value"), "training has both clip_norm and clip_value", "keep one of them")
    if isinstance(training.class_weights, dict) and not any(training.class_weights.values()):
        yield Problem((at, "class_weights"), "training.class_weights gives no class a weight above 0", "or balanced")
    if isinstance(training.optimizer, OptimizerConfig):
        yield from _optimizer(training.optimizer)
    if isinstance(training.learning_rate, ScheduleConfig):
        yield from _schedule(training.learning_rate, training.steps)


_OPTIMIZERS_WITH = {
    "momentum": ("sgd", "rmsprop"),
    "nesterov": ("sgd",),
    "beta_1": ("adam", "adamw", "lion"),
    "beta_2": ("adam", "adamw", "lion"),
    "epsilon": ("adam", "adamw", "rmsprop", "adagrad"),
}


def _optimizer(optimizer: OptimizerConfig) -> Iterator[Problem]:
    for key, names in _OPTIMIZERS_WITH.items():
        if getattr(optimizer, key) is not None and optimizer.name not in names:
            yield Problem(
                ("training", "optimizer", key), f"{optimizer.name} has no {key}", f"{key} is for {', '.join(names)}"
            )
    if optimizer.nesterov and not optimizer.momentum:
        yield Problem(("training", "optimizer", "nesterov"), "nesterov needs a momentum", "for example momentum: 0.9")


def _schedule(schedule: ScheduleConfig, steps: int | None) -> Iterator[Problem]:
    at = ("training", "learning_rate")
    boundaries = schedule.boundaries
    if schedule.schedule == "step" and not boundaries:
        yield Problem(at, "a step schedule needs boundaries", "for example boundaries: [300, 500]")
    if schedule.schedule != "step" and boundaries:
        yield Problem(
            (*at, "boundaries"), f"a {schedule.schedule} schedule has no boundaries", "they are for schedule: step"
        )
    if boundaries != sorted(set(boundaries)):
        yield Problem((*at, "boundaries"), "training.learning_rate.boundaries have to rise", "each is a step number")
    if schedule.schedule == "exponential" and schedule.end == 0:
        yield Problem((*at, "schedule"), "an exponential schedule never reaches 0", "give end, for example end: 0.01")
    if steps is not None and schedule.warmup_steps >= steps:
        yield Problem(
            (*at, "warmup_steps"),
            f"a warm-up of {schedule.warmup_steps} steps is longer than the training of {steps}",
            "the rate would never reach its peak",
        )


def _diagnostics(config: PipelineConfig) -> Iterator[Problem]:
    """Settings that contradict each other; faults and thresholds that there are not."""
    from graduate.pipeline.config import faults

    diagnostics, at = config.diagnostics, "diagnostics"
    if diagnostics.during_training == "stop" and diagnostics.refuse_on == "never":
        yield Problem(
            (at, "refuse_on"),
            "diagnostics.refuse_on is never, but a training that is stopped has no model to push",
            "refuse_on: error; or during_training: report, which lets it end",
        )
    own = _rules_of(config)
    known = [*faults.known(), *own]
    for number, fault in enumerate(diagnostics.ignore):
        if fault not in known:
            yield Problem((at, "ignore", number), f"there is no fault {fault}", faults.nearest(fault, known))
    for fault, values in diagnostics.rules.items():
        if fault not in known:
            yield Problem((at, "rules", fault), f"there is no fault {fault}", faults.nearest(fault, known))
            continue
        thresholds = own[fault] if fault in own else faults.thresholds(fault)
        for name in values:
            if name not in thresholds:
                message = f"the rule for {fault} has no threshold {name}"
                yield Problem((at, "rules", fault, name), message, faults.nearest(name, thresholds))


def _rules_of(config: PipelineConfig) -> Mapping[str, Sequence[str]]:
    """Fault → thresholds of the rules that the user has written."""
    if config.diagnostics.module is None:
        return {}
    from graduate.pipeline.config.user_module import rules_in

    return rules_in(config.user_modules["diagnostics"])


def _evaluation(config: PipelineConfig) -> Iterator[Problem]:
    evaluation, at = config.evaluation, "evaluation"
    if not evaluation.bounds:
        yield Problem((at, "bounds"), "evaluation has no bound", _NEEDS_BOUND)
    for metric, bound in evaluation.bounds.items():
        yield from _bound(bound, metric, (at, "bounds", metric))
    if evaluation.folds and config.training.strategy == "multi_worker":
        yield Problem(
            (at, "folds"),
            "evaluation.folds are trained by one worker, and training.strategy is multi_worker",
            "measure folds in a run of its own with strategy: auto",
        )
    for number, part in enumerate(evaluation.slices):
        yield from _slice(part, (at, "slices", number))
    yield from _metrics(config)


def _bounded(config: PipelineConfig) -> Iterator[tuple[str, Path]]:
    """Each metric that a bound names, and where."""
    for metric in config.evaluation.bounds:
        yield metric, ("evaluation", "bounds", metric)
    for number, part in enumerate(config.evaluation.slices):
        for metric in part.bounds:
            yield metric, ("evaluation", "slices", number, "bounds", metric)


def _metrics(config: PipelineConfig) -> Iterator[Problem]:
    """Bounds on what is measured neither by us nor, where they have a module, by the user."""
    measured = by_task.METRICS[config.data.target]
    for metric, path in _bounded(config):
        if metric in measured:
            continue
        if metric in by_task.ALL_METRICS:
            kind = {"class": "a class", "labels": "labels", "number": "a number"}[config.data.target]
            yield Problem(path, f"{metric} is not measured of {kind}", f"known: {', '.join(measured)}")
        elif config.evaluation.module is None:
            near = nearest(metric, measured)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(measured)}, or a function in {_OWN_METRICS}"
            yield Problem(path, f"unknown key {dotted(path)}", hint)


def _slice(part: SliceConfig, path: Path) -> Iterator[Problem]:
    bounds = {metric: bound for metric in _SLICE_METRICS if (bound := getattr(part, metric)) is not None}
    for metric, bound in part.bounds.items():
        yield from _bound(bound, metric, (*path, "bounds", metric))
    if not bounds and not part.bounds:
        yield Problem(path, f"{dotted(path)} has no bound", "for example accuracy: {at_least: 0.85}")
    for metric, bound in bounds.items():
        yield from _bound(bound, metric, (*path, metric))


def _bound(bound: Bound, metric: str, path: Path) -> Iterator[Problem]:
    given = {key: value for key, value in bound.model_dump().items() if value is not None}
    if not given:
        yield Problem(path, f"{dotted(path)} is empty", "give at_least, at_most or worse_than_last_by")
    for key, value in given.items():
        if metric in _SHARES and not 0 <= value <= 1:
            hint = f"did you mean {value / 100:g}?" if 1 < value <= 100 else None
            yield Problem((*path, key), f"{dotted((*path, key))} has to lie between 0 and 1, not {value:g}", hint)
        elif metric == "loss" and value < 0:
            yield Problem((*path, key), f"{dotted((*path, key))} has to be at least 0, not {value:g}")
    if bound.at_least is not None and bound.at_most is not None and bound.at_least > bound.at_most:
        yield Problem(path, f"{dotted(path)}: nothing is at least {bound.at_least:g} and at most {bound.at_most:g}")


def _task(config: PipelineConfig) -> Iterator[Problem]:
    """What only the task knows: its sources, its augmentations, its builders' hyperparameters."""
    # by a computed name, which the digest of code does not follow: what may be said changes nothing that comes of it
    options = importlib.import_module(f"graduate.pipeline.tasks.{config.task}_options")
    for source in _SOURCES:
        fits = by_task.SOURCES[source]
        if getattr(config.data, source) is not None and fits != config.task:
            message = f"data.{source} is for task: {fits}, and the task is {config.task}"
            yield Problem(("data", source), message, f"task: {fits}")
    for path, message, hint in options.check(config):
        yield Problem(path, message, hint)
