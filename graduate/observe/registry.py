"""Which model an update is for, and the study and run that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard
from graduate.observe.optimizers import Update
from graduate.observe.row import key_of
from graduate.observe.run import Loose, Run, Several, folder_name
from graduate.observe.study import Study

_LIVE = 12


class Registry:
    """Models, studies and runs of the process.

    Args:
        folder: of the traces.
        guard: of the observer.
        every: see `Observer`.
    """

    def __init__(self, folder: Path, guard: Guard, every: int) -> None:
        self.folder, self.guard, self.every = folder, guard, every
        self.place: Callable[[int, Any], Path] = lambda number, model: self.folder / folder_name(number, model)
        self.goes_on = False  # in a trace that is there already
        self.runs: list[Run] = []
        self.folders: list[Path] = []
        self.studies: dict[int, Study] = {}
        self.given_weights: set[int] = set()  # ids of models whose weights the program loaded or set
        self.parts: dict[int, Several] = {}  # models that are trained as parts of several, by id
        self.called: dict[int, tuple[Any, bool]] = {}  # models the program called, and whether from outside of others
        self.modes: dict[int, dict[str, int]] = {}  # of models: how often called under a tape or not, in which mode
        self._by_key: dict[Any, Run] = {}

    def study_of(self, model: Any) -> Study:
        """The study of a model, begun where it is the first time."""
        study = self.studies.get(id(model))
        if study is None or study.model is not model:
            study = self.studies[id(model)] = Study(self.guard, model, {"loss": None, "seen": None})
        return study

    def run_of(self, update: Update, context: FitContext | None) -> Run:
        """The run of an update, begun where it is the first."""
        given = frozenset(key_of(v) for v in update.variables)
        key = (given, id(context.model) if context else None)
        run = self._by_key.get(key)
        if run is not None and run.open:
            if run.optimizer is not update.optimizer:
                run.optimizer, run.optimizers = update.optimizer, run.optimizers + 1
            return run
        model = self._owner(update.variables, given, context, update.optimizer)
        run = self._begin(model, update.optimizer, context)
        self._by_key[key] = run
        return run

    def called_in_mode(self, model: Any, under_tape: bool, training: bool) -> None:
        """The program called a model: eagerly, or while a function was traced."""
        counts = self.modes.setdefault(id(model), {})
        key = f"{'gradient' if under_tape else 'outside'}_{'training' if training else 'inference'}"
        counts[key] = counts.get(key, 0) + 1

    def modes_of(self, run: Run) -> dict[str, int]:
        """The fact `modes`: calls of the run's models by mode (see the rule mode-mismatch)."""
        models = run.model.models if isinstance(run.model, Several) else [run.model]
        found = [self.modes.get(id(model), {}) for model in models]
        return {key: sum(one.get(key, 0) for one in found) for one in found for key in one}

    def left_out(self) -> list[str]:
        """Layers of models that the program called under a tape in training mode, whose weights no run updates and
        nobody set: they stay as they were made."""
        trained = {key for given, _ in self._by_key for key in given}
        models = [model for key, (model, _) in self.called.items() if self.modes.get(key, {}).get("gradient_training")]
        idle = [m for m in models if id(m) not in self.given_weights and _keys(m) and not _keys(m) & trained]
        return [layer.name for model in idle for layer in model.layers if layer.trainable_variables]

    def updated(self, keys: frozenset[int]) -> bool:
        """Whether a run updates some of these variables."""
        return any(keys & given for given, _ in self._by_key)

    def unapplied(self, variables: Sequence[Any]) -> Run:
        """A run of weights whose gradients are taken and never applied."""
        given = frozenset(key_of(v) for v in variables)
        model = self._owner(variables, given, None, None)
        run = self._begin(model, None, None)
        self.study_of(model).join(run)
        return run

    def forget(self) -> None:
        """Let go of all models and runs."""
        self.runs, self.studies, self.called, self._by_key = [], {}, {}, {}

    def _owner(
        self, variables: Sequence[Any], given: frozenset[int], context: FitContext | None, optimizer: Any
    ) -> Any:
        """The model whose weights these are: that of `fit`, or the smallest one that was called and holds them all."""
        outer = [model for model, outside in self.called.values() if outside]
        every = [model for model, _ in self.called.values()]
        if context is not None:
            every = [*every, *_inner_models(context.model)]
            if _covers(context.model, given):
                compiled = getattr(context.model, "optimizer", None)
                own = compiled is not None and optimizer in (compiled, getattr(compiled, "inner_optimizer", compiled))
                smaller = [m for m in every if _covers(m, given) and len(_keys(m)) < len(_keys(context.model))]
                return min(smaller, key=lambda m: len(_keys(m))) if smaller and not own else context.model
        for candidates in (outer, every):
            holding = [model for model in candidates if _covers(model, given)]
            if holding:
                return min(holding, key=lambda model: len(_keys(model)))
        parts = _disjoint(outer, given)
        if len(parts) > 1 and given <= {key for part in parts for key in _keys(part)}:
            return Several(parts)
        return parts[0] if len(parts) == 1 else Loose(variables)

    def _begin(self, model: Any, optimizer: Any, context: FitContext | None) -> Run:
        study = self.study_of(context.model if context is not None else model)
        number = len(self.runs) + 1
        run = Run(
            self.place(number, model),
            model,
            optimizer,
            every=self.every,
            batch_size=(context.batch_size if context else None) or 0,
            loss=study.objective.get("loss"),
            goes_on=self.goes_on,
        )
        if isinstance(model, Several):
            self._adopt(model)
        run.fine_tuning = bool({id(one) for one in _all_of(model)} & self.given_weights)
        for other in self.runs:
            if other.model is model and other.open:
                other.continued_by, run.continues = run, other
        self.runs.append(run)
        self.folders.append(run.folder)
        self._look_at_layers(run)
        self._let_go()
        return run

    def _adopt(self, several: Several) -> None:
        """What was learnt of a part is the whole's: the loss that was called on the last one's outputs."""
        for part in several.models:
            self.parts[id(part)] = several
            study = self.studies.get(id(part))
            if study is not None and "objective" in study.told:
                self.study_of(several).learnt(study.objective, study.loss)

    def _look_at_layers(self, run: Run) -> None:
        if isinstance(run.model, Loose):
            return
        try:
            from graduate.looks import layers

            models = run.model.models if isinstance(run.model, Several) else [run.model]
            run.tell("layers", [one for model in models for one in layers.look(model)])
        except Exception as error:
            self.guard.note("layers", error)

    def _let_go(self) -> None:
        """Forget the weights of trainings that were replaced long ago: a script may train hundreds of models."""
        live = [run for run in self.runs if run.open and run.initial]
        for run in live[:-_LIVE]:
            run.initial = {}
            for study in self.studies.values():
                if run in study.runs and not any(one.initial for one in study.runs):
                    study.rows, study.collectors = {}, {}


def _inner_models(model: Any) -> list[Any]:
    flatten = getattr(model, "_flatten_layers", None)
    return [one for one in flatten(include_self=False) if getattr(one, "layers", None)] if flatten else []


def _all_of(model: Any) -> list[Any]:
    """A model and the models inside of it."""
    models = model.models if isinstance(model, Several) else [model]
    return [one for outer in models for one in (outer, *_inner_models(outer))]


def _keys(model: Any) -> frozenset[int]:
    return frozenset(key_of(v) for v in model.trainable_variables)


def _covers(model: Any, given: Iterable[int]) -> bool:
    return frozenset(given) <= _keys(model)


def _disjoint(models: Sequence[Any], given: frozenset[int]) -> list[Any]:
    """Models that hold some of the variables, the largest first, none of which is a part of another."""
    parts: list[Any] = []
    seen: set[int] = set()
    for model in sorted(models, key=lambda model: -len(_keys(model))):
        keys = _keys(model) & given
        if keys and not keys & seen:
            parts.append(model)
            seen |= keys
    return [model for model in models if any(model is part for part in parts)]
