"""What is made of a custom loop: which model, which loss, which rows, and when a step is done."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.ops import control_flow_util

from graduate.looks import objective as looks_objective
from graduate.observe.behind import Listening, guessed, labels_in_graph, stretched
from graduate.observe.calls import CallPatches, recording
from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard
from graduate.observe.optimizers import reachable
from graduate.observe.registry import Registry
from graduate.observe.ring import own_variable
from graduate.observe.row import key_of
from graduate.observe.rows import leaves
from graduate.observe.run import Run
from graduate.observe.study import Study
from graduate.observe.tapes import Taken

_TAPPED, _HEARD, _GUESSES, _PAUSES, _ASKED = 400, 150, 3, 5000, 40


class Call:
    """A call of a model from outside of other models."""

    def __init__(self, model: Any, inputs: Any, outputs: Any) -> None:
        self.model, self.inputs, self.role = model, inputs, "train" if recording() else "validation"
        self.outputs = {id(one): one for one in leaves(outputs) if isinstance(one, tf.Tensor)}
        self.paired = False


class LoopHost:
    """The `Listener` of `CallPatches`.

    Args:
        registry: of the process.
        guard: of the observer.
        context: the call of `fit` under way, or None.
        tick: called when rows were written.
        sum_up: tells what is known of a run as a whole.
        passing: whether Keras' own `evaluate` or `predict` is under way: what it calls is no custom loop's.
    """

    def __init__(
        self,
        registry: Registry,
        guard: Guard,
        context: Callable[[], FitContext | None],
        tick: Callable[[], None],
        sum_up: Callable[[Run], None],
        passing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._registry, self._guard, self._context, self._passing = registry, guard, context, passing
        self._tick, self._sum_up = tick, sum_up
        self._threads = threading.local()
        self._runs_of: weakref.WeakKeyDictionary[Any, list[Run]] = weakref.WeakKeyDictionary()
        self._ends: dict[int, float] = {}  # when the last step of a run ended, by the run's id
        self._counters: dict[tuple[int, str], Any] = {}
        self.patches: CallPatches | None = None
        self._called_at: float | None = None  # when the step under way first called a model

    def model_called(self, model: Any, inputs: Any, outputs: Any, outside: bool, training: Any) -> None:
        """A model was called: eagerly, or while a function is traced."""
        before = self._registry.called.get(id(model))
        self._registry.called[id(model)] = (model, outside or (before is not None and before[1]))
        if outside and inputs is not None and (training is None or isinstance(training, bool | int)):
            self._registry.called_in_mode(model, recording(), bool(training))
        if outside and self._context() is None and inputs is not None and not self._passing():
            call = Call(model, inputs, outputs)
            self._calls().append(call)
            if call.role == "train" and self._called_at is None:
                self._called_at = time.perf_counter()
            if call.role == "train" and tf.executing_eagerly() and call.outputs:
                collector = self._registry.study_of(model).collect("train")
                if not collector.full and collector.batches < _HEARD:
                    self._ear().begin(list(call.outputs.values()))
            elif call.role == "validation" and tf.executing_eagerly():
                self._asked(model, inputs)

    def _asked(self, model: Any, inputs: Any) -> None:
        """A model in training answers outside of its steps: rows that it is used for."""
        study = self._registry.studies.get(id(model))
        if study is None or not study.runs or "predict" in study.rows:
            return
        collector = study.collect("predict")
        if not collector.told and collector.batches < _ASKED:
            collector.add(inputs)

    def loss_called(self, loss: Any, labels: Any, outputs: Any, keywords: dict[str, Any]) -> None:
        """A loss was called on labels and outputs."""
        context = self._context()
        if context is not None:
            if getattr(context.model, "_compile_loss", None) is None:
                self._learn(context.study, loss, keywords)
            return
        call = None if self._passing() else self._call_behind(outputs)
        self._ear().end()
        if call is None or call.paired:
            return
        call.paired = True
        study, inputs = self._study_of(call)
        if call.role == "train":
            self._learn(study, loss, keywords)
        elif not study.runs:
            return
        self._collect(study, call.role, inputs, labels)

    def function_begins(self) -> None:
        """A compiled function is called from the host."""
        self._ear().end()

    def function_ran(self, function: Any, began: float, ended: float) -> None:
        """A compiled function returned to the host."""
        for run in self._runs_of.get(function, ()):
            self._step(run, began, ended)

    def weights_set(self, model: Any) -> None:
        """Weights were loaded or set by the program."""
        self._registry.given_weights.add(id(model))
        for study in self._registry.studies.values():
            for run in study.runs:
                if run.open and run.maker is not None and _within(model, run):
                    run.maker.look_again()

    def gradients_taken(self, taken: Taken) -> None:
        """Of a loss that was not seen: labels are looked for behind it."""
        self._ear().end()
        if self._context() is not None:
            return
        for call in reversed(list(self._calls())):
            if call.paired or call.role != "train":
                continue
            if not {key_of(v) for v in call.model.trainable_variables} & taken.weights.keys():
                continue
            call.paired = True
            outputs = list(call.outputs.values())
            labels = self._ear().labels
            if not taken.eager:
                labels = labels_in_graph(taken.target, outputs) if outputs else None
            study, inputs = self._study_of(call)
            self._collect(study, "train", inputs, labels, outputs[:1], taken.target)

    def updated(self, run: Run) -> None:
        """An update is done, or was traced."""
        if self._context() is not None or self.patches is None:
            return
        function = self.patches.running
        if function is None and tf.executing_eagerly():
            run.eager = True
            began = self._called_at if self._called_at is not None else self._ends.get(id(run), time.perf_counter())
            self._step(run, began, time.perf_counter())
        elif function is not None:
            known = self._runs_of.setdefault(function, [])
            if run not in known:
                known.append(run)
            if not tf.executing_eagerly() and _by_xla():
                run.jit = True

    def _step(self, run: Run, began: float, ended: float) -> None:
        if not run.open:
            return
        waited = self.patches.input_seconds if self.patches is not None else None
        if self.patches is not None:
            self.patches.input_seconds = None
        before = self._ends.get(id(run), began)
        seconds = ended - before
        run.calls.append((seconds, float("nan") if waited is None else min(waited, seconds)))
        study = self._registry.study_of(run.model)
        run.waits_for_datasets |= waited is not None
        self._called_at = None
        if len(run.between) < _PAUSES:
            run.between.append((max(0.0, began - before), ended - began))
        if run.flush():
            if "gradients" not in run.facts:
                self._sum_up(run)
            self._tick()
        study.look()
        study.stepped()
        self._ends[id(run)] = time.perf_counter()

    def _study_of(self, call: Call) -> tuple[Study, Any]:
        """The study that a call's rows are for, and its inputs: those of the first of several models in a chain."""
        several = self._registry.parts.get(id(call.model))
        if several is None:
            return self._registry.study_of(call.model), call.inputs
        chain, inputs = [call.model], call.inputs
        while (before := self._giver(inputs)) is not None and len(chain) < len(several.models):
            chain, inputs = [before.model, *chain], before.inputs
            before.paired = True
        if not several.chained and {id(one) for one in chain} == {id(one) for one in several.models}:
            several.models, several.chained = chain, True
        return self._registry.study_of(several), inputs

    def _giver(self, inputs: Any) -> Call | None:
        return next((one for one in reversed(self._calls()) if id(inputs) in one.outputs), None)

    def _learn(self, study: Study, loss: Any, keywords: dict[str, Any]) -> None:
        if study.loss is loss:
            return
        from_logits = keywords.get("from_logits")
        found = looks_objective.look(study.model, loss, seen="call", from_logits=from_logits)
        study.learnt(found, loss)

    def _call_behind(self, outputs: Any) -> Call | None:
        wanted = {id(one) for one in leaves(outputs)}
        recent = list(reversed(self._calls()))
        for call in recent:
            if wanted & call.outputs.keys():
                return call
        return next((call for call in recent if call.role == ("train" if recording() else "validation")), None)

    def _collect(
        self, study: Study, role: str, inputs: Any, labels: Any, outputs: Any = None, loss: Any = None
    ) -> None:
        """Rows of a batch: at once where it is there, through a tap in the graph where it is being traced.

        Outputs and loss are given where the loss is the program's own, which is then guessed from its value.
        """
        collector = study.collect(role)
        if collector.full or collector.told:
            return
        structure = (inputs, labels, outputs, loss)
        flat = [one for one in tf.nest.flatten(structure, expand_composites=True) if one is not None]
        if all(hasattr(one, "numpy") or not isinstance(one, tf.Tensor) for one in flat):
            self._seen(study, role, *structure)
        elif not _by_xla() and all(isinstance(one, tf.Tensor) and reachable(one) for one in flat):
            self._tap(study, role, structure)

    def _seen(self, study: Study, role: str, inputs: Any, labels: Any, outputs: Any, loss: Any) -> None:
        study.collect(role).add(inputs, labels)
        known = study.objective.get("loss") not in (None, "custom") or study.guesses >= _GUESSES
        if known or labels is None or not outputs or loss is None:
            return
        study.guesses += 1
        value, rows = float(np.mean(loss)), (np.asarray(labels), np.asarray(outputs[0]))
        over_pairs = stretched(*rows, value)
        if over_pairs is not None:
            study.learnt({**looks_objective.look(study.model, over_pairs, seen="guess"), "stretched": True})
            return
        found = guessed(*rows, value) or guessed(*rows, value - _penalty(study.model))
        if found is not None:
            name, logits = found
            study.learnt(looks_objective.look(study.model, name, seen="guess", from_logits=logits))
        elif study.guesses == _GUESSES:
            study.learnt({**looks_objective.look(study.model), "loss": "custom", "seen": "guess"})

    def _tap(self, study: Study, role: str, structure: Any) -> None:
        key = (id(study), role)
        if key not in self._counters:
            self._counters[key] = own_variable(0)
        counter = self._counters[key]
        flat = tf.nest.flatten(structure, expand_composites=True)
        tensors = [one for one in flat if one is not None]

        def collect(*values: Any) -> None:
            given = iter(values)
            filled = [next(given) if one is not None else None for one in flat]
            batch = tf.nest.pack_sequence_as(structure, filled, expand_composites=True)
            self._guard.run(self._seen, study, role, *batch)

        def see() -> Any:
            counter.assign_add(1)
            with tf.control_dependencies([tf.py_function(collect, tensors, [])]):
                return tf.constant(0)

        with record.stop_recording():
            tf.cond(counter.read_value() < _TAPPED, see, lambda: tf.constant(0))

    def _ear(self) -> Listening:
        if not hasattr(self._threads, "ear"):
            self._threads.ear = Listening()
        return self._threads.ear

    def _calls(self) -> deque[Call]:
        if not hasattr(self._threads, "calls"):
            self._threads.calls = deque(maxlen=8)
        return self._threads.calls


def _by_xla() -> bool:
    return not tf.executing_eagerly() and bool(
        control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    )


def _penalty(model: Any) -> float:
    from graduate.looks import penalty

    return float(penalty.look(model).get("penalty_loss") or 0.0)


def _within(model: Any, run: Run) -> bool:
    keys = {id(v) for v in model.variables}
    return any(id(v) in keys for v in run.variables)
