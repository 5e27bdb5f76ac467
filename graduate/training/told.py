"""What the loop tells its trace beside numbers: rows, labels, layers, objective, the probe batch. See docs/facts.md."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import numpy as np

from graduate.recorder import Recorder
from graduate.training import targets
from graduate.training.objective import kernels

_ROWS = 4096  # looked at of each split
_PROBE = 128
_BASELINE = 2048


class Teller:
    """Tells the facts of one course; the training does not know.

    Args:
        recorder: whose trace is told.
        training: a `graduate.training.loop.Training`.
    """

    def __init__(self, recorder: Recorder, training: Any) -> None:
        self._recorder, self._training = recorder, training
        self._epochs = 0
        self._constant_loss: float | None = None
        soft = np.ndim(training.rows_train.labels) > 1
        self._objective: dict[str, Any] = {
            **targets.described(training.target, training.from_logits, soft),
            "output_units": int(training.model.output_shape[-1]),
            "output_shape": list(training.model.output_shape[1:]),
            "class_weight": training.options.class_weights != "none",
            "seen": "compile",
        }
        self._loss = targets.keras_loss(training.target, training.from_logits, soft)

    def start(self) -> None:
        """Before step 1; a course that goes on has told it already."""
        trace = self._recorder.trace()
        self._epochs = len(trace.told("epoch"))
        if trace.has("told:layers") and trace.has("told:objective"):
            self._constant_loss = trace.known.get("constant", {}).get("loss")
            return
        training = self._training
        index = training.fed(_ROWS)
        rows, labels = training.rows_train.take(np.sort(index))
        x, model = _array(training.finalise(rows)), training.model
        self._tell("program", self._program("running"))
        self._tell("layers", self._layers())
        self._tell("objective", self._objective)
        fed = training.rows_train.labels[index]
        size = training.options.batch_size
        self._tell("labels.train", _look("labels", labels, fed, self._objective, batch_size=size))
        self._tell("inputs.train", _look("inputs", x, model))
        other = None
        if training.rows_eval is not None:
            held, other = training.rows_eval.take(np.arange(min(_ROWS, len(training.rows_eval))))
            self._tell("labels.validation", _look("labels", other, None, self._objective))
            self._tell("inputs.validation", _look("inputs", _array(training.finalise(held)), model))
        constant = _look("constant", labels, self._objective, y_validation=other)
        self._tell("constant", constant)
        self._constant_loss = constant.get("loss")
        if not trace.has("told:baseline"):  # somebody who looks at more may have told it
            held = self._some(training.rows_eval) if training.rows_eval is not None else (None, None)
            self._tell(
                "baseline", _look("baseline", *self._some(training.rows_train), *held, objective=self._objective)
            )
        self._probe()

    def _layers(self) -> list[dict[str, Any]]:
        """With the loop's own penalty, which the network does not know of."""
        found: list[dict[str, Any]] = _look("layers", self._training.model)
        variables = self._training.model.trainable_variables
        penalised = {variables[i].path.rsplit("/", 1)[0] for i in kernels(variables)}
        if own := self._training.options.l2:
            return [
                {**one, "l2": (one.get("l2") or 0.0) + own} if one.get("path", one["name"]) in penalised else one
                for one in found
            ]
        return found

    def look(self) -> None:
        """At a look: the probe batch, and the evaluations since the last one."""
        self._evaluations()
        self._probe(both_modes=False)

    def finish(self, result: Any) -> None:
        """At the end."""
        self._tell("program", self._program("stopped" if self._training.state.stopped else "finished"))
        self._evaluations()
        self._probe()
        training = self._training
        rows, labels = training.rows_train.take(np.sort(training.fed(_ROWS)))
        sets = [_array(training.finalise(rows)), labels]
        if training.rows_eval is not None:
            held, other = training.rows_eval.take(np.arange(min(_ROWS, len(training.rows_eval))))
            sets += [_array(training.finalise(held)), other]
        if any(step == training.state.step for step, _ in self._recorder.trace().told("final")):
            return  # somebody who looks at more has told it
        self._tell("final", _look("final", training.model, *sets, objective=self._objective, loss=self._loss))

    def _some(self, rows: Any) -> tuple[Any, np.ndarray]:
        """Rows spread over a split as the network gets them, and their labels."""
        index = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _BASELINE)).astype(np.int64))
        raw, labels = rows.take(index)
        return _array(self._training.finalise(raw)), labels

    def _probe(self, both_modes: bool = True) -> None:
        training = self._training
        rows, labels = training.rows_train.take(np.sort(training.fed(_PROBE)))
        x, loss = _array(training.finalise(rows)), self._loss
        given = {"loss": loss, "constant_loss": self._constant_loss, "training": both_modes}
        found = _look("probe", training.model, x, labels, self._objective, **given)
        self._tell("probe", found)
        penalty = _look("penalty", training.model, found.get("loss"))
        if training.options.l2:  # the loop's own penalty, on kernels
            variables = training.model.trainable_variables
            squares = sum(float(np.square(np.asarray(variables[i])).sum()) for i in kernels(variables))
            penalty["penalty_loss"] = penalty.get("penalty_loss", 0.0) + training.options.l2 * squares
        self._tell("penalty", penalty)

    def _evaluations(self) -> None:
        training = self._training
        for row in training.state.history[self._epochs :]:
            metric = training.objective.metric
            logs = {"loss": row["loss"], metric: row[metric]}
            logs |= {"val_loss": row["eval_loss"], f"val_{metric}": row[f"eval_{metric}"]}
            logs = {name: value for name, value in logs.items() if value is not None}
            self._epochs += 1
            value = {
                "epoch": self._epochs,
                "step": row["step"],
                "logs": logs,
                "learning_rate": row["learning_rate"],
            }
            self._recorder.tell("epoch", value, row["step"])

    def _program(self, ended: str) -> dict[str, Any]:
        training = self._training
        an_epoch = max(1, len(training.rows_train) // training.options.batch_size)
        return {
            "kind": "pipeline",
            "compiled": True,
            "epochs": max(1, round(training.steps / an_epoch)),
            "steps_per_epoch": an_epoch,
            "batch_size": training.options.batch_size,
            "shuffle": True,
            "precision": training.options.precision,
            "validation": training.rows_eval is not None,
            "ended": ended,
            "updates": training.state.step,
            "epochs_done": training.state.step / an_epoch,
            "fine_tuning": False,
            "fits": 1,
        }

    def _tell(self, name: str, value: Any) -> None:
        if value:
            self._recorder.tell(name, value)


def _look(name: str, *args: Any, **kwargs: Any) -> Any:
    """What a look gives; nothing where it fails, which costs its fact and never the training."""
    try:
        return importlib.import_module(f"graduate.looks.{name}").look(*args, **kwargs)
    except Exception as error:
        logging.getLogger(__name__).warning("%s could not be looked at: %r", name, error)
        return [] if name == "layers" else {}


def _array(inputs: Any) -> Any:
    if isinstance(inputs, dict):
        return {key: np.asarray(value) for key, value in inputs.items()}
    return np.asarray(inputs)
