"""What the Tuner calls: every trial a training of its own, watched, and stopped where it is sick."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from graduate import own_rules
from graduate.findings import Severity
from graduate.pipeline import events, export, model_builder, tasks, transformed
from graduate.recorder import Recorder
from graduate.training import Supervisor, TrainingOptions, TrainingResult, resolve_strategy, train
from graduate.training.supervise import ONLY_TOLD
from graduate.tuning import settings as settings_
from graduate.tuning.oracle import Oracle
from graduate.tuning.search import search as carry_out
from graduate.tuning.space import Dimension
from graduate.tuning.trials import DIRECTIONS, Memory, Trial, best

NODE = "Tuner"
_TRACE = "trace"
# What a short training alone may be found with, and what the metric punishes anyway: told, and no reason not to win.
_OF_THE_LENGTH = frozenset({"batch-size", "learning-rate-too-low", "underfitting", "overfitting"})


def search(
    examples: str,
    transform_graph: str,
    config: Mapping[str, Any],
    space: Sequence[Mapping[str, Any]],
    base_dir: str,
    memory: str,
) -> dict[str, Any]:
    """Search as the config says.

    Args:
        examples: URI of the transformed examples.
        transform_graph: URI of Transform's graph.
        config: the groups `task`, `data`, `transform`, `model`, `training`, `diagnostics`, `tuning`, as JSON values.
        space: the dimensions, as JSON.
        base_dir: the folder of the config.
        memory: folder of trials that came to an end, and of the checkpoints of the one in progress.

    Returns:
        `metric`, `algorithm`, `space` (JSON of the dimensions), `trials` (JSON of each, in the order they were tried),
        `best`: KerasTuner's JSON of the best settings, without values where no trial can be taken.
    """
    tuning, folder = config["tuning"], Path(memory)
    dimensions = [Dimension.from_json(one) for one in space]
    oracle = Oracle(dimensions, tuning["algorithm"], tuning["trials"], tuning["metric"], tuning["seed"])
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _Trials(examples, transform_graph, config, base_dir, folder / "checkpoints", Path(scratch))
        done = carry_out(
            oracle,
            tuning["metric"],
            trainer.train,
            memory=Memory(folder),
            on_start=trainer.told.start,
            on_end=trainer.told.end,
        )
    keras.utils.clear_session()  # Keras numbers layers by name in a process: the training's shall begin anew
    won = best(done, tuning["metric"])
    return {
        "metric": tuning["metric"],
        "direction": DIRECTIONS[tuning["metric"]],
        "algorithm": tuning["algorithm"],
        "space": [one.to_json() for one in dimensions],
        "trials": [one.to_json() for one in done],
        "best": oracle.best(won.settings if won is not None else {}),
    }


class _Trials:
    """Trains trials on rows that are read once."""

    def __init__(
        self,
        examples: str,
        transform_graph: str,
        config: Mapping[str, Any],
        base_dir: str,
        checkpoints: Path,
        scratch: Path,
    ) -> None:
        self._config, self._base_dir, self._checkpoints = config, base_dir, checkpoints
        self._task = tasks.load(config["task"])
        self._strategy, _ = resolve_strategy(config["training"]["strategy"])
        self._target = transformed.target_of(config)
        self._classes = export.names_of(transform_graph, self._task, config)
        self._train, self._eval = (
            transformed.read([os.path.join(examples, f"Split-{split}", "*")], self._task, config, scratch / split)
            for split in ("train", "eval")
        )
        tuning = config["tuning"]
        self.told = _Telling(tuning["trials"], tuning["metric"])

    def train(self, trial: Trial) -> Trial:
        """Train with the settings of a trial; give it back as it ended."""
        config = settings_.laid_over(self._config, trial.settings)
        config = settings_.shortened(config, self._config["tuning"]["steps"], trial.share)
        keras.utils.clear_session()
        folder = self._checkpoints / trial.identity
        watched = _Watched(config["diagnostics"], folder, self._base_dir)
        result = train(
            model_builder.builder(
                config,
                self._base_dir,
                len(self._classes),
                self._train.rows.inputs.shape[1:],
                self._train.constants,
            ),
            self._train.rows,
            self._eval.rows,
            TrainingOptions.from_dict(config["training"]),
            strategy=self._strategy,
            augment=tasks.load_training(config["task"]).build_augment(config, len(self._classes)),
            finalise=self._task.finaliser(self._train.constants, config),
            classes=self._classes,
            checkpoints=str(folder),
            callbacks=watched.callbacks,
            on_progress=self.told.progress,
            target=self._target,
        )
        ended = watched.judged(trial, result, self._config["tuning"]["metric"])
        shutil.rmtree(folder, ignore_errors=True)
        return ended


class _Watched:
    """The recorder and the supervisor of one trial; neither where the config records nothing.

    Args:
        diagnostics: the group. Whatever it says of the training itself, a sick trial is stopped.
        folder: of the checkpoints: a killed trial goes on in its trace.
        base_dir: the folder that `diagnostics.module` is relative to.
    """

    def __init__(self, diagnostics: Mapping[str, Any], folder: Path, base_dir: str) -> None:
        self.callbacks: list[Any] = []
        self._supervisor: Supervisor | None = None
        if diagnostics["during_training"] == "off":
            return
        self._recorder = Recorder(folder / _TRACE, diagnostics["record_every"])
        own = diagnostics.get("module")
        self._supervisor = Supervisor(
            self._recorder,
            "stop",
            overrides=diagnostics.get("rules"),
            ignore=diagnostics.get("ignore", ()),
            rules=own_rules.beside_ours(own and os.path.abspath(Path(base_dir) / Path(own).expanduser())),
        )
        self.callbacks = [self._recorder, self._supervisor]

    def judged(self, trial: Trial, result: TrainingResult, metric: str) -> Trial:
        """The trial as it ended: sick where it was stopped, has an error to its name, or measures nothing finite."""
        metrics = {name: float(value) for name, value in result.metrics.items() if math.isfinite(value)}
        ended = replace(
            trial,
            metrics=metrics,
            steps=result.steps,
            seconds=round(result.seconds, 2),
            history=tuple(_plain(row) for row in result.history),
        )
        if self._supervisor is not None:
            self._recorder.close()
            seen = self._supervisor.findings
            ended = replace(ended, findings=tuple(_short(one) for one in seen))
            stops = [event.detail for event in self._recorder.trace().events if event.kind == "stop"]
            errors = [
                one for one in seen if one.severity >= Severity.ERROR and one.fault not in ONLY_TOLD | _OF_THE_LENGTH
            ]
            if stops:
                why = f"stopped after step {result.steps}: {stops[-1]['reason']}"
                return replace(ended, status="sick", fault=str(stops[-1]["fault"]), why=why)
            if errors:
                return replace(ended, status="sick", fault=errors[0].fault, why=errors[0].meaning)
        if replace(ended, status="finished").score(metric) is None:
            return replace(ended, status="sick", fault="nan-or-inf", why=f"{metric} is no number")
        return ended


def _short(finding: Any) -> dict[str, Any]:
    return {"fault": finding.fault, "severity": finding.severity.label, "meaning": finding.meaning}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the history as JSON values; what is not finite is None."""
    return {key: float(value) if value is not None and math.isfinite(value) else None for key, value in row.items()}


class _Telling:
    """Tells the run's view which trial of how many is in progress, and how each ended."""

    def __init__(self, trials: int, metric: str) -> None:
        self._trials, self._metric = trials, metric
        self._number = self._known = 0
        self._began = time.monotonic()
        self._done: list[Trial] = []

    def start(self, trial: Trial) -> None:
        """A trial begins."""
        self._number = trial.number

    def progress(self, progress: Mapping[str, Any]) -> None:
        """The loop's progress within a trial; the time that is left is that of the search, as it went so far."""
        share = (self._number - 1 + progress["step"] / max(1, progress["steps"])) / self._trials
        new = share - self._known / self._trials  # what was known before took no time
        left = (time.monotonic() - self._began) * (1 - share) / new if new > 0 else None
        part = f"trial {self._number}/{self._trials}"
        events.emit("progress", node=NODE, **{**progress, "part": part, "share": share, "seconds_left": left})

    def end(self, trial: Trial, known: bool) -> None:
        """A trial has ended."""
        self._done.append(trial)
        self._known += known
        score, won = trial.score(self._metric), best(self._done, self._metric)
        if score is not None:
            told = f"{self._metric} {score:.4g}" + (", the best so far" if won is trial else "")
        else:
            told = f"{trial.status}: {trial.fault or trial.why}"
        again = f" (as trial {trial.same_as})" if trial.same_as else " (from before)" if known else ""
        words = f"trial {trial.number}/{self._trials}{again}: {told}; {settings_.told(trial.settings)}"
        events.emit("note", node=NODE, text=words)
