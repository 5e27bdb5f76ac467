"""What is made of Keras' own training methods: rows, epochs, times, probes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from graduate.looks import objective as looks_objective
from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard
from graduate.observe.pace import InputClock, input_of
from graduate.observe.registry import Registry
from graduate.observe.rows import Collector, Rows, of_arrays, split
from graduate.observe.run import Run
from graduate.observe.study import Study

_LOOK_SECONDS = 0.1
_EVALUATED = 4  # sets of rows given to `evaluate` that are looked at


class FitHost:
    """The `Host` of `FitPatches`, and the giver of collectors for `InputPatches`.

    Args:
        registry: of the process.
        guard: of the observer.
        contexts: calls under way, the innermost last.
        tick: called when rows were written.
        sum_up: tells what is known of a run as a whole.
    """

    def __init__(
        self,
        registry: Registry,
        guard: Guard,
        contexts: Callable[[], list[FitContext]],
        tick: Callable[[], None],
        sum_up: Callable[[Run], None],
    ) -> None:
        self._registry, self._guard, self._contexts = registry, guard, contexts
        self._tick, self._sum_up = tick, sum_up
        self._passing: tuple[Any, str] | None = None
        self.clock: InputClock | None = None

    def fit_begins(self, context: FitContext) -> dict[str, Any]:
        """A call of `fit` or `train_on_batch` begins: returns the arguments to replace."""
        study, given = self._registry.study_of(context.model), context.arguments
        context.study = study
        if getattr(context.model, "train_function", None) is not None:  # no new one: its step is not traced again
            for run in list(study.active):
                context.joined(run)
        study.class_weight = given.get("class_weight")
        weighted = given.get("class_weight") is not None
        loss = looks_objective.compiled_loss(context.model)
        study.learnt(looks_objective.look(context.model, class_weight=weighted), loss if callable(loss) else None)
        study.kind = context.kind
        if context.kind == "train_on_batch":
            study.collect("train").add(given.get("x"), given.get("y"), given.get("sample_weight"))
            context.batch_size = study.collect("train").batch_size
            return {}
        context.batch_size = given.get("batch_size")
        train = of_arrays(
            given.get("x"),
            given.get("y"),
            given.get("sample_weight"),
            shuffle=bool(given.get("shuffle")),
            batch_size=given.get("batch_size") or 32,
        )
        validation = _validation(given.get("validation_data"))
        if train is not None and given.get("validation_split") and validation is None:
            train, validation = split(train, given["validation_split"])
        if train is not None:
            context.batch_size = train.batch_size
            study.got("train", train)
        if validation is not None:
            study.got("validation", validation)
        return {}

    def wanted(self, iterator: Any, arguments: dict[str, Any]) -> Collector | None:
        """A new epoch iterator: where its rows are collected, None where they are known."""
        context = self._contexts()[-1] if self._contexts() else None
        if self._passing is not None:
            model, kind = self._passing
            name = "evaluate" if kind == "evaluate" else "predict"
            known = self._registry.study_of(model).rows.get(name)
            return None if known is not None else self._registry.study_of(model).collect(name)
        if context is None or context.kind != "fit":
            return None
        name = "validation" if context.iterators else "train"
        context.iterators += 1
        if name == "train":
            context.input = input_of(iterator.data_adapter)
            context.batch_size = context.batch_size or iterator.data_adapter.batch_size
        if name in context.study.rows and name not in context.study.collectors:
            return None
        return context.study.collect(name)

    def train_call_ends(self, context: FitContext, seconds: float) -> None:
        """A call of the train function is done: one step, or several. Most calls are only counted."""
        context.calls += 1
        context.train_seconds += seconds
        study: Study = context.study
        study.calls += 1
        for run in context.runs:
            run.calls.append((seconds, float("nan")))
        now = time.perf_counter()
        if context.calls == 1 and context.kind == "fit":
            context.first_call_seconds = seconds
        elif now < study.look_at and not study.beats.due(study.calls):
            return
        study.look_at = now + _LOOK_SECONDS
        flushed = False
        self._read_clock(context)
        for run in context.runs:
            if run.flush():
                flushed = True
                if "gradients" not in run.facts:
                    self._sum_up(run)
        study.look()
        study.stepped(0)
        if flushed:
            self._tick()

    def _read_clock(self, context: FitContext) -> None:
        waited = self.clock.taken() if self.clock is not None else float("nan")
        for run in context.runs:
            run.waited += waited

    def epoch_ends(self, context: FitContext, epoch: int, logs: dict[str, Any], seconds: float) -> None:
        """An epoch of `fit` is done, validation included."""
        values = {name: float(value) for name, value in logs.items() if _scalar(value)}
        for collector in context.study.collectors.values():
            if collector.batches and context.epochs_done == 1:
                collector.ended = True
        context.study.look()
        self._read_clock(context)
        for run in context.runs:
            run.flush(force=True)
            rate = getattr(run.optimizer, "learning_rate", None)
            told = {
                "epoch": epoch,
                "step": run.step,
                "seconds": seconds,
                "validation_seconds": context.epoch_validation,
                "logs": values,
                "learning_rate": float(rate) if rate is not None and _scalar(rate) else None,
            }
            run.tell("epoch", told)
        self._penalty(context, values)

    def fit_ends(self, context: FitContext) -> None:
        """A call of `fit` or `train_on_batch` is over, however."""
        study: Study = context.study
        if context.kind == "train_on_batch":
            return
        for run in context.runs:
            run.flush(force=True)
            self._sum_up(run)
        self._forget_rows(context)
        duration = time.perf_counter() - context.began
        if study.last_end_seconds < 0.05 * duration:
            began = time.perf_counter()
            study.end()
            study.last_end_seconds = time.perf_counter() - began

    def _forget_rows(self, context: FitContext) -> None:
        """Do not keep the program's arrays alive for what is told of a call."""
        for name in ("x", "y", "validation_data", "sample_weight"):
            if context.arguments.get(name) is not None:
                context.arguments[name] = True

    def data_passes(self, model: Any, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """`evaluate`, `predict` or a relative is called."""
        if id(model) not in self._registry.studies:
            return {}
        study = self._registry.study_of(model)
        name = "evaluate" if kind in ("evaluate", "test_on_batch") else "predict"
        if name in study.rows and (name == "predict" or study.evaluated >= _EVALUATED):
            return {}
        if kind.endswith("on_batch"):
            study.collect(name).add(arguments.get("x"), arguments.get("y"))
            return {}
        rows = of_arrays(arguments.get("x"), arguments.get("y"), None, shuffle=False, batch_size=None)
        if rows is not None and not self._known(study, rows):
            study.got(name, rows)
        return {}

    def passing(self, model: Any, kind: str | None) -> None:
        """Inside of `evaluate` or `predict` of a model; None: outside again."""
        inside = kind is not None and id(model) in self._registry.studies
        self._passing = (model, str(kind)) if inside else None

    @property
    def inside(self) -> tuple[Any, str] | None:
        """The model and the name of the `evaluate` or `predict` that is under way."""
        return self._passing

    def _known(self, study: Study, rows: Rows) -> bool:
        """The very rows of training or validation once more."""
        return any(rows.x is one.x for one in study.rows.values())

    def _penalty(self, context: FitContext, logs: dict[str, Any]) -> None:
        from graduate.looks import penalty

        found = penalty.look(context.model)
        if found.get("penalty_loss") or found.get("activity"):
            total = logs.get("loss")
            if total is not None:
                found["data_loss"] = total - found["penalty_loss"]
            for run in context.runs:
                run.tell("penalty", found)


def _validation(given: Any) -> Rows | None:
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= 3:
        return None
    return of_arrays(given[0], given[1], given[2] if len(given) == 3 else None, shuffle=False, batch_size=None)


def _scalar(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
