"""The observer: patches Keras and TensorFlow, and writes a trace for every model that is trained."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graduate.observe.fits import FitContext, FitPatches
from graduate.observe.guard import Guard, Patches
from graduate.observe.optimizers import OptimizerPatches, Update, reachable
from graduate.observe.row import initialised, key_of
from graduate.observe.run import Loose, Run, Several, folder_name
from graduate.observe.static import objective_of, program_of
from graduate.observe.tapes import Taken, TapePatches

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
        self.folder, self._every, self._on_tick = Path(folder), every, on_tick
        self.guard, self._patches = Guard(), Patches()
        self.runs: list[Run] = []
        self._by_key: dict[Any, Run] = {}
        self._optimizers = OptimizerPatches(self.guard, self._update_begins, self._update_ends)
        self._tapes = TapePatches(self.guard, self._gradients_taken)
        self._fits = FitPatches(self.guard, self)
        self._ticked = self._began = time.monotonic()
        self._installed = False

    def install(self) -> None:
        """Begin to see. Keras must be importable, with its TensorFlow backend; otherwise nothing is seen."""
        import keras

        if self._installed or keras.backend.backend() != "tensorflow":
            return
        self._installed = True
        for part in (self._optimizers, self._tapes, self._fits):
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
        for run in self.runs:
            self.guard.run(self._close, run, ended)
        self.uninstall()
        return [run.folder for run in self.runs]

    @property
    def traces(self) -> list[Path]:
        """Folders of the traces so far."""
        return [run.folder for run in self.runs]

    # what the patches report -----------------------------------------------------------------------------------------

    def _update_begins(self, update: Update) -> None:
        import tensorflow as tf

        with tf.init_scope():  # values can be read there, also while a step is being traced
            if all(initialised(v) for v in update.variables):  # TensorFlow traces again when they are
                update.run = self._run_of(update)  # type: ignore[attr-defined]

    def _update_ends(self, update: Update) -> None:
        run = getattr(update, "run", None)
        if run is None or not run.open:
            return
        loss = self._optimizers.unscaled(self._tapes.loss_of(update.gradients, update.variables))
        run.record(update, loss if loss is not None and reachable(loss) else None)

    def _gradients_taken(self, taken: Taken) -> None:
        pass

    def fit_begins(self, context: FitContext) -> dict[str, Any]:
        """A call of `fit` or `train_on_batch` begins: returns the arguments to replace."""
        return {}

    def train_call_ends(self, context: FitContext, seconds: float) -> None:
        """A call of the train function is done: one step, or several."""
        context.calls += 1
        context.train_seconds += seconds
        if context.calls == 1:
            context.first_call_seconds = seconds
        flushed = False
        for run in context.runs:
            run.calls.append((seconds, float("nan")))
            flushed |= run.flush()
        if flushed:
            self._tick()

    def epoch_ends(self, context: FitContext, epoch: int, logs: dict[str, Any], seconds: float) -> None:
        """An epoch of `fit` is done, validation included."""
        values = {name: float(value) for name, value in logs.items() if _scalar(value)}
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

    def fit_ends(self, context: FitContext) -> None:
        """A call of `fit` or `train_on_batch` is over, however."""
        for run in context.runs:
            run.flush(force=context.kind == "fit")
            if context.kind == "fit":
                run.tell("program", program_of(run, [context], self.guard))

    def data_passes(self, model: Any, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """`evaluate`, `predict` or a relative is called: returns the arguments to replace."""
        return {}

    # trainings -------------------------------------------------------------------------------------------------------

    def _run_of(self, update: Update) -> Run:
        """The run of an update, begun where it is the first."""
        given = frozenset(key_of(v) for v in update.variables)
        model, context = self._owner(update, given)
        key = (id(model), given)
        run = self._by_key.get(key)
        if run is None or not run.open:
            run = self._begin(model, update.optimizer, context)
            self._by_key[key] = run
        if context is not None and run not in context.runs:
            context.runs.append(run)
            for name, value in context.told:
                run.tell(name, value)
        return run

    def _owner(self, update: Update, given: frozenset[int]) -> tuple[Any, FitContext | None]:
        """The model whose weights an update is for, and the call of `fit` that it is in."""
        context = self._fits.contexts[-1] if self._fits.contexts else None
        if context is not None and _holds(context.model, given):
            return context.model, context
        return Loose(update.variables), context

    def _begin(self, model: Any, optimizer: Any, context: FitContext | None) -> Run:
        folder = self.folder / folder_name(len(self.runs) + 1, model)
        objective = objective_of(model, context)
        batch_size = (context.batch_size if context else None) or 0
        run = Run(folder, model, optimizer, every=self._every, batch_size=batch_size, loss=objective.get("loss"))
        self.runs.append(run)
        from graduate.looks import layers

        if not isinstance(model, Loose | Several):
            self.guard_tell(run, "layers", lambda: layers.look(model))
        run.tell("objective", objective)
        return run

    def guard_tell(self, run: Run, name: str, look: Callable[[], Any]) -> None:
        """Tell what `look` finds; where it fails nothing is told, and the failure is counted."""
        try:
            run.tell(name, look())
        except Exception as error:
            self.guard.note(name, error)

    def _close(self, run: Run, ended: str) -> None:
        if not run.open:
            return
        run.flush(force=True)
        program = dict(run.facts.get("program") or program_of(run, [], self.guard))
        program["ended"] = ended if ended != "finished" else program.get("ended") or ended
        program["updates"] = run.step
        program["rows_lost"] = run.rows_lost
        program["observer_errors"] = dict(self.guard.errors)
        run.tell("program", program)
        run.close()

    def _tick(self) -> None:
        if self._on_tick is not None and time.monotonic() - self._ticked >= _TICK_SECONDS:
            self._on_tick(self)
            self._ticked = time.monotonic()


def _holds(model: Any, given: frozenset[int]) -> bool:
    return given <= {key_of(v) for v in model.trainable_variables}


def _scalar(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
