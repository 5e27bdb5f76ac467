"""What is made of a custom loop: which model, which loss, which rows, and when a step is done."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.ops import control_flow_util

from graduate.looks import objective as looks_objective
from graduate.observe.calls import CallPatches, recording
from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard
from graduate.observe.optimizers import reachable
from graduate.observe.registry import Registry
from graduate.observe.ring import own_variable
from graduate.observe.rows import leaves
from graduate.observe.run import Run
from graduate.observe.study import Study

_TAPPED = 400


class Call:
    """A call of a model from outside of other models."""

    def __init__(self, model: Any, inputs: Any, outputs: Any) -> None:
        self.model, self.inputs, self.role = model, inputs, "train" if recording() else "validation"
        self.outputs = {id(one) for one in leaves(outputs)}
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

    def model_called(self, model: Any, inputs: Any, outputs: Any, outside: bool, training: Any) -> None:
        """A model was called: eagerly, or while a function is traced."""
        before = self._registry.called.get(id(model))
        self._registry.called[id(model)] = (model, outside or (before is not None and before[1]))
        if outside and inputs is not None and (training is None or isinstance(training, bool | int)):
            self._registry.called_in_mode(model, recording(), bool(training))
        if outside and self._context() is None and inputs is not None and not self._passing():
            self._calls().append(Call(model, inputs, outputs))

    def loss_called(self, loss: Any, labels: Any, outputs: Any, keywords: dict[str, Any]) -> None:
        """A loss was called on labels and outputs."""
        context = self._context()
        if context is not None:
            if getattr(context.model, "_compile_loss", None) is None:
                self._learn(context.study, loss, keywords)
            return
        call = None if self._passing() else self._call_behind(outputs)
        if call is None or call.paired:
            return
        call.paired = True
        study = self._registry.study_of(call.model)
        if call.role == "train":
            self._learn(study, loss, keywords)
        elif not study.runs:
            return
        self._collect(study, call.role, call.inputs, labels)

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

    def gradients_taken(self) -> None:
        """Of a loss: a model call that no loss was seen for has inputs at least."""
        if self._context() is not None:
            return
        for call in self._calls():
            if not call.paired and call.role == "train":
                call.paired = True
                self._collect(self._registry.study_of(call.model), "train", call.inputs, None)

    def updated(self, run: Run) -> None:
        """An update is done, or was traced."""
        if self._context() is not None or self.patches is None:
            return
        function = self.patches.running
        if function is None and tf.executing_eagerly():
            run.eager = True
            self._step(run, self._ends.get(id(run), time.perf_counter()), time.perf_counter())
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
        seconds = ended - self._ends.get(id(run), began)
        run.calls.append((seconds, float("nan") if waited is None else min(waited, seconds)))
        study = self._registry.study_of(run.model)
        run.waits_for_datasets |= waited is not None
        if run.flush():
            if "gradients" not in run.facts:
                self._sum_up(run)
            self._tick()
        study.look()
        study.stepped()
        self._ends[id(run)] = time.perf_counter()

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
            if wanted & call.outputs:
                return call
        return next((call for call in recent if call.role == ("train" if recording() else "validation")), None)

    def _collect(self, study: Study, role: str, inputs: Any, labels: Any) -> None:
        """Rows of a batch: at once where it is there, through a tap in the graph where it is being traced."""
        collector = study.collect(role)
        if collector.full or collector.told:
            return
        flat = [one for one in (*leaves(inputs), *leaves(labels)) if one is not None]
        if all(hasattr(one, "numpy") or not isinstance(one, tf.Tensor) for one in flat):
            collector.add(inputs, labels)
        elif not _by_xla() and all(not isinstance(one, tf.Tensor) or reachable(one) for one in flat):
            self._tap(study, role, inputs, labels)

    def _tap(self, study: Study, role: str, inputs: Any, labels: Any) -> None:
        collector = study.collect(role)
        key = (id(study), role)
        if key not in self._counters:
            self._counters[key] = own_variable(0)
        counter = self._counters[key]
        structure = (inputs, labels)
        flat = tf.nest.flatten(structure, expand_composites=True)
        tensors = [one for one in flat if isinstance(one, tf.Tensor)]
        if len(tensors) < len([one for one in flat if one is not None]):
            return

        def collect(*values: Any) -> None:
            given = iter(values)
            filled = [next(given) if one is not None else None for one in flat]
            try:
                collector.add(*tf.nest.pack_sequence_as(structure, filled, expand_composites=True))
            except Exception as error:
                self._guard.note("tap", error)

        def see() -> Any:
            counter.assign_add(1)
            with tf.control_dependencies([tf.py_function(collect, tensors, [])]):
                return tf.constant(0)

        with record.stop_recording():
            tf.cond(counter.read_value() < _TAPPED, see, lambda: tf.constant(0))

    def _calls(self) -> deque[Call]:
        if not hasattr(self._threads, "calls"):
            self._threads.calls = deque(maxlen=8)
        return self._threads.calls


def _by_xla() -> bool:
    return not tf.executing_eagerly() and bool(
        control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    )


def _within(model: Any, run: Run) -> bool:
    keys = {id(v) for v in model.variables}
    return any(id(v) in keys for v in run.variables)
