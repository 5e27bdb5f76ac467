"""The nodes of a config's DAG as a plain table, for whoever draws or checks it without importing TFX.

`dag.py` builds the same DAG of TFX components; a contract test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graduate.pipeline.config import by_task
from graduate.pipeline.config.groups import Bound, OptimizerConfig, ScheduleConfig, TuningConfig
from graduate.pipeline.config.model import PipelineConfig
from graduate.tuning.space import leaves


@dataclass(frozen=True)
class NodeSpec:
    """One node.

    Attributes:
        id: its name in the store and on the screen.
        inputs: the nodes whose artifacts it takes.
        guard: the node whose verdict has to pass for it to run, if any (the innermost: `Gate` itself has a guard).
        what: what it does, with the settings that it obeys.
    """

    id: str
    inputs: tuple[str, ...]
    guard: str | None
    what: str


def nodes(config: PipelineConfig) -> list[NodeSpec]:
    """The nodes in topological order. A node that is switched off is not among them."""
    watched, checked = config.diagnostics.during_training != "off", config.serving.check
    preflight, folds = config.preflight, config.evaluation.folds
    judges = [
        "DataGuard",
        *(["Preflight"] if preflight else []),
        *(["Tuner"] if config.tuning else []),
        *(["GradientDiagnostics"] if watched else []),
        "Evaluator",
        *(["ServingCheck"] if checked else []),
    ]
    trainable = "Preflight" if preflight else "DataGuard"
    found = [
        NodeSpec("ExampleGen", (), None, _rows(config)),
        NodeSpec(
            "StatisticsGen", ("ExampleGen",), None, "counts, ranges and distributions of every feature, per split"
        ),
        NodeSpec("Schema", ("StatisticsGen",), None, _schema(config)),
        NodeSpec("ExampleValidator", ("StatisticsGen", "Schema"), None, "anomalies: the statistics against the schema"),
        NodeSpec(
            "DataGuard",
            ("ExampleGen", "StatisticsGen", "Schema", "ExampleValidator"),
            None,
            "anomalies, unseen classes, leakage between splits → verdict",
        ),
        NodeSpec("Transform", ("ExampleGen", "Schema"), "DataGuard", _transform(config)),
    ]
    if preflight:
        what = "a few steps on one batch: is this network trainable, and at which rate? → verdict"
        found.append(NodeSpec("Preflight", ("Transform",), "DataGuard", what))
    tuner: tuple[str, ...] = ()
    if config.tuning:
        found.append(NodeSpec("Tuner", ("Transform",), trainable, _tuning(config.tuning)))
        trainable, tuner = "Tuner", ("Tuner",)
    found.append(NodeSpec("Trainer", ("Transform", "Schema", *tuner), trainable, _training(config)))
    if watched:
        found.append(NodeSpec("GradientDiagnostics", ("Trainer",), trainable, _diagnostics(config)))
    sound = "GradientDiagnostics" if watched else trainable
    found += [
        NodeSpec("LastGraduate", (), sound, "the version that serves now, to compare with"),
        NodeSpec("Evaluator", ("ExampleGen", "Trainer", "LastGraduate"), sound, _evaluation(config)),
    ]
    if checked:
        found.append(NodeSpec("ServingCheck", ("ExampleGen", "Trainer"), sound, _serving(config)))
    if folds:
        what = f"mean and spread over {folds} parts of train and eval, each held out once: {folds} trainings more"
        found.append(NodeSpec("CrossValidation", ("ExampleGen", "Transform", *tuner), sound, what))
    told = ("Evaluator", *(["CrossValidation"] if folds else []))
    pushed = ("ExampleGen", "Schema", "Trainer", *dict.fromkeys((*judges, *told)), "Gate")
    found += [
        NodeSpec("Gate", ("Trainer", *judges), sound, f"the verdicts of {_and(judges)} → the one blessing"),
        NodeSpec("Pusher", pushed, "Gate", _push(config)),
    ]
    return found


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _rows(config: PipelineConfig) -> str:
    data = config.data
    kind = next(kind for kind in by_task.SOURCES if getattr(data, kind) is not None)
    parts = [f"{kind}: {getattr(data, kind)}"]
    if data.split:
        parts.append(
            "split " + ", ".join(f"{name} {share:g}" for name, share in data.split.items()) + " by content hash"
        )
    if data.group_by:
        parts.append(f"grouped by {data.group_by}")
    parts.append(f"bad rows: {data.bad_rows}" + (f" up to {data.max_bad_rows}" if data.bad_rows == "skip" else ""))
    return "; ".join(parts)


def _schema(config: PipelineConfig) -> str:
    return config.schema_ or "inferred once, then kept until a change is accepted (graduate schema accept)"


def _transform(config: PipelineConfig) -> str:
    transform = config.transform
    statistics = "; statistics of the result" if transform.statistics else ""
    if config.task == "text":
        case = "small letters, " if transform.lower else ""
        case += f"{transform.module}:{transform.function}, " if transform.module else ""
        return f"{case}tokens, the {transform.vocabulary:,} most frequent, the first {transform.length}{statistics}"
    height, width = transform.size
    colour = "grey" if transform.channels == 1 else "colour"
    own = f"{transform.module}:{transform.function}, " if transform.module else ""
    return f"decode, resize to {height}×{width} {colour}, {own}normalise: {transform.normalise}{statistics}"


def _tuning(tuning: TuningConfig) -> str:
    length = f" of {tuning.steps} steps" if tuning.steps else ""
    keys = ", ".join(leaves(tuning.space))
    return (
        f"{tuning.trials} trials{length}, {tuning.algorithm}, over {keys}; the best by {tuning.metric}; sick ones are "
        "stopped → verdict"
    )


def _training(config: PipelineConfig) -> str:
    training = config.training
    length = f"{training.steps} steps" if training.steps else f"{training.epochs:g} epochs"
    parts = [
        _call(_builder(config), config.model.hyperparameters),
        f"{length} of {training.batch_size}",
        _optimizer(training.optimizer) + f" at {_rate(training.learning_rate)}",
    ]
    if training.augment:
        parts.append(
            "augment " + ", ".join(f"{name} {value}" for step in training.augment for name, value in step.items())
        )
    if training.early_stopping:
        parts.append(f"stops early on {training.early_stopping.metric}")
    return "; ".join([*parts, f"strategy {training.strategy}", f"seed {training.seed}"])


def _builder(config: PipelineConfig) -> str:
    return config.model.build if config.model.module is None else f"{config.model.module}:{config.model.build}"


def _optimizer(optimizer: str | OptimizerConfig) -> str:
    if isinstance(optimizer, str):
        return optimizer
    options = {key: value for key, value in optimizer.model_dump(exclude={"name"}).items() if value is not None}
    return _call(optimizer.name, options)


def _rate(rate: float | ScheduleConfig) -> str:
    return f"{rate.schedule} from {rate.peak:g}" if isinstance(rate, ScheduleConfig) else f"{rate:g}"


def _call(name: str, options: Mapping[str, Any]) -> str:
    return f"{name}({', '.join(f'{key}={value}' for key, value in options.items())})" if options else name


def _diagnostics(config: PipelineConfig) -> str:
    settings = config.diagnostics
    sick = {
        "stop": "; a sick training is stopped",
        "cure": f"; a sick training is cured, {settings.max_cures} times at most",
    }
    every = "every step" if settings.record_every == 1 else f"one step in {settings.record_every}"
    refuses = {"never": "refuses nothing", "warning": "refuses on a warning", "error": "refuses on an error"}
    ignored = f"; ignores {', '.join(settings.ignore)}" if settings.ignore else ""
    ignored += f"; rules of {settings.module} too" if settings.module else ""
    acts = sick.get(settings.during_training, "")
    return f"the gradients of {every}{acts}{ignored}; {refuses[settings.refuse_on]} → verdict"


def _evaluation(config: PipelineConfig) -> str:
    evaluation = config.evaluation
    parts = [_bound(metric, bound) for metric, bound in evaluation.bounds.items()]
    for part in evaluation.slices:
        bounds = {
            metric: bound for metric in type(part).model_fields if isinstance(bound := getattr(part, metric), Bound)
        }
        shown = ", ".join(_bound(metric, bound) for metric, bound in {**bounds, **part.bounds}.items())
        parts.append(f"per {part.by} {shown}")
    return f"on {evaluation.split}: {'; '.join(parts)} → verdict"


def _bound(metric: str, bound: Bound) -> str:
    parts = []
    if bound.at_least is not None:
        parts.append(f"≥ {bound.at_least:g}")
    if bound.at_most is not None:
        parts.append(f"≤ {bound.at_most:g}")
    if bound.worse_than_last_by is not None:
        parts.append(f"at most {bound.worse_than_last_by:g} worse than the last")
    return f"{metric} {' and '.join(parts)}"


def _serving(config: PipelineConfig) -> str:
    latency = config.serving.max_latency_ms
    within = f", within {latency:g} ms" if latency is not None else ""
    return f"the export in a clean process: same answers up to {config.serving.tolerance:g}{within} → verdict"


def _push(config: PipelineConfig) -> str:
    to = config.push.to or f"models/{config.name}"
    return f"a new version in {to}; keeps {config.push.keep}"
