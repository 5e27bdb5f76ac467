"""The observer: patches Keras and TensorFlow, and writes a trace for every model that is trained."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from graduate.observe.calls import CallPatches
from graduate.observe.fit_host import FitHost
from graduate.observe.fits import FitContext, FitPatches
from graduate.observe.guard import Guard, Patches
from graduate.observe.loop_host import LoopHost
from graduate.observe.optimizers import OptimizerPatches, Update, reachable, whole_batch
from graduate.observe.pace import InputClock, pace_of
from graduate.observe.registry import Registry
from graduate.observe.row import initialised
from graduate.observe.run import Run
from graduate.observe.static import program_of, rates_of
from graduate.observe.takes import Takes
from graduate.observe.tapes import Taken, TapePatches
from graduate.observe.taps import InputPatches

_TICK_SECONDS = 2.0


class Observer:
    """Sees every training of this process from `install` to `finish`.

    Nothing of the program is changed: its random numbers, its names, its results are the same as without. A failure of
    the observer itself is counted (`program.observer_errors` in the traces) and never reaches the program.

    Args:
        folder: gets one trace for each model that is trained, `<n>-<model name>`.
        every: rows of every step, or of those whose number is a multiple of it.
        on_tick: called with the observer on the host every two seconds at most, when rows were written; what it raises
            is an error of the observer, unless it is no `Exception` (`KeyboardInterrupt`, `SystemExit`).
    """

    def __init__(
        self, folder: str | os.PathLike[str], every: int = 1, on_tick: Callable[[Observer], None] | None = None
    ) -> None:
        self._on_tick = on_tick
        self.guard, self._patches = Guard(), Patches()
        self._registry = Registry(Path(folder), self.guard, every)
        self._optimizers = OptimizerPatches(self.guard, self._update_begins, self._update_ends)
        self._tapes = TapePatches(self.guard, self._gradients_taken)
        self._host = FitHost(self._registry, self.guard, lambda: self._fits.contexts, self._tick, self._sum_up)
        self._fits = FitPatches(self.guard, self._host)
        self._inputs = InputPatches(self.guard, self._host.wanted)
        self._loop = LoopHost(
            self._registry, self.guard, self._context, self._tick, self._sum_up, lambda: self._host.inside is not None
        )
        self._calls = CallPatches(self.guard, self._loop, lambda: bool(self._fits.contexts))
        self._loop.patches = self._calls
        self._host.clock = self._clock = InputClock(self.guard, self._in_train)
        self._takes = Takes(self._registry.updated)
        self._ticked = time.monotonic()
        self._installed = False

    def wants(self, update: Update, context: FitContext | None) -> bool:
        """Whether to record an update: all of them, except for an observer of one model."""
        return True

    def install(self) -> None:
        """Begin to see. Keras must be importable, with its TensorFlow backend; otherwise nothing is seen."""
        import keras

        if self._installed or keras.backend.backend() != "tensorflow":
            return
        self._installed = True
        for part in (self._optimizers, self._tapes, self._fits, self._inputs, self._calls, self._clock):
            part.install(self._patches)

    def uninstall(self) -> None:
        """Put everything back as it was."""
        self._patches.undo()
        self._installed = False

    def finish(self, ended: str) -> list[Path]:
        """Write what is left.

        Args:
            ended: `finished`, `failed`, `interrupted` or `stopped`: how the program did.

        Returns:
            The traces, in the order in which their trainings began.
        """
        self.guard.run(self._find_unapplied)
        for study in list(self._registry.studies.values()):
            self.guard.run(study.end)
        for run in self.runs:
            self.guard.run(self._close, run, ended)
        self.uninstall()
        traces = self.traces
        self._forget()
        return traces

    def _forget(self) -> None:
        """Let go of the program's graphs: TensorFlow complains where they outlive its modules."""
        for part in (self._optimizers, self._tapes, self._calls, self._loop, self._takes, self._fits, self._inputs):
            vars(part).clear()
        self._registry.forget()

    @property
    def runs(self) -> list[Run]:
        """The trainings seen."""
        return self._registry.runs

    @property
    def traces(self) -> list[Path]:
        """Folders of the traces so far."""
        return list(self._registry.folders)

    def _update_begins(self, update: Update) -> None:
        with tf.init_scope():  # values can be read there, also while a step is being traced
            if not all(initialised(v) for v in update.variables):
                return  # TensorFlow traces again when they are
            context = self._context()
            if not self.wants(update, context):
                return
            update.run = run = self._registry.run_of(update, context)  # type: ignore[attr-defined]
            self._registry.study_of(context.model if context is not None else run.model).join(run)
            if context is not None:
                context.joined(run)

    def _update_ends(self, update: Update) -> None:
        run = getattr(update, "run", None)
        if run is None or not run.open:
            return
        run.eager |= tf.executing_eagerly()
        loss = self._optimizers.unscaled(self._tapes.loss_of(update.gradients, update.variables))
        run.record(update, whole_batch(loss) if loss is not None and reachable(loss) else None)
        self._loop.updated(run)

    def _gradients_taken(self, taken: Taken) -> None:
        take = self._takes.add(taken)
        if taken.eager and take.run is None and self._context() is None and self._takes.by_hand(take):
            take.run = self._registry.unapplied(list(take.weights.values()))
        self._loop.gradients_taken(taken)
        if taken.eager and take.run is not None and take.run.open:
            take.run.record_by_hand(taken.target, taken.values)
            self._loop.updated(take.run)

    def _context(self) -> FitContext | None:
        return self._fits.contexts[-1] if self._fits.contexts else None

    def _find_unapplied(self) -> None:
        for take in self._takes.unapplied():
            run = self._registry.unapplied(list(take.weights.values()))
            run.never_given = set()
        for study in list(self._registry.studies.values()):  # `fit` without a weight that it could change
            fitted = study.kind != "loop" and not study.runs
            if fitted and study.model.variables and not study.model.trainable_variables:
                study.join(self._registry._begin(study.model, None, None))

    def _in_train(self) -> bool:
        context = self._context()
        return context is not None and context.in_train

    def _sum_up(self, run: Run, ended: str | None = None) -> None:
        """Tell what is known of a run as a whole."""
        context = self._context()
        owner = next((s for s in self._registry.studies.values() if run in s.runs), None)
        study = owner if owner is not None else self._registry.study_of(context.model if context else run.model)
        siblings = [one for one in self.runs if one.model is run.model]
        facts = {
            "program": {**program_of(run, study, self.guard, ended), "trainings": len(self.runs)},
            "gradients": {**self._takes.facts(run, siblings), "left_out": self._registry.left_out()},
            "modes": self._registry.modes_of(run),
            "pace": pace_of(run, study, self.guard),
            "rates": rates_of(run),
        }
        for name, value in facts.items():
            if value is not None:
                run.tell(name, value)

    def _close(self, run: Run, ended: str) -> None:
        if run.open:
            run.flush(force=True)
            self._sum_up(run, ended)
            run.close()

    def _tick(self) -> None:
        if self._on_tick is not None and time.monotonic() - self._ticked >= _TICK_SECONDS:
            self._on_tick(self)
            self._ticked = time.monotonic()
