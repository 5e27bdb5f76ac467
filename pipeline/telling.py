"""What a pipeline's training tells its trace beside the columns: the facts of docs/facts.md that rules need.

A callback of the loop, behind the recorder. Looking costs seconds at most and changes nothing; what cannot be looked at
is not told, and the rule that needs it is skipped.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graduate.looks import constant, inputs, labels, layers, objective, overlap
from graduate.recorder import Recorder
from graduate.training import Rows
from graduate.training.input import Order
from graduate.training.noise_scale import noise_scale
from graduate.training.objective import ends_in_logits
from graduate.training.strategy import is_chief

LOSS = "sparse_categorical_crossentropy"
_LOOKED_AT = 4096  # rows
_PROBED = 128  # rows of the fixed batch
_PROBES = 10  # at about as many steps, spread evenly over the logarithm of the step
_Rows = tuple[Any, np.ndarray]  # as the network gets them, and their labels


class Teller:
    """Tells facts to a recorder; of several workers the chief's does.

    Args:
        recorder: which has to come before it among the callbacks.
        train, evaluation: the splits.
        normalise: f(inputs) -> what goes into the network.
        options: what the program is told to be, for the fact `program`.
    """

    def __init__(
        self,
        recorder: Recorder,
        train: Rows,
        evaluation: Rows,
        normalise: Callable[[Any], Any],
        options: Mapping[str, Any],
    ) -> None:
        self._recorder, self._train, self._evaluation = recorder, train, evaluation
        self._normalise, self._about = normalise, options
        self._objective: Mapping[str, Any] = {}
        self._constant: Mapping[str, Any] = {}
        self._training: Any = None
        self._told_epochs, self._next_probe, self._began = 0, 1, 0.0
        self._seconds = 0.0  # spent here

    def start(self, training: Any) -> None:
        """Before the first step, or the first one after a resume."""
        self._training = training if is_chief(training.strategy) else None
        self._told_epochs, self._began = len(training.state.history), time.monotonic()
        self._next_probe = training.state.step + 1
        if self._training is None:
            return
        self._objective = {}
        fed = Order(self._train, training.options.seed).slice(0, min(len(self._train), _LOOKED_AT))
        train, other = self._some(self._train), self._some(self._evaluation)
        self._tell("layers", layers.look, training.model)
        self._tell("objective", self._look_at_objective)
        batch = training.options.batch_size
        in_order = np.asarray(self._train.labels)[fed]
        self._tell(
            "labels.train", labels.look, np.asarray(self._train.labels), in_order, self._objective, batch_size=batch
        )
        self._tell("labels.validation", labels.look, np.asarray(self._evaluation.labels), None, self._objective)
        self._tell("inputs.train", inputs.look, train[0], training.model)
        self._tell("inputs.validation", inputs.look, other[0], training.model)
        self._tell("overlap", self._look_at_overlap)
        self._tell("constant", self._look_at_constant)
        self._tell("baseline", _look("baseline"), train[0], train[1], x_validation=other[0], y_validation=other[1])
        self._tell("program", self._program, "running")
        if training.state.step == 0:
            self._probe(0)

    def between_calls(self, step: int) -> None:
        """Epochs that were evaluated since the last call, and a probe where one is due."""
        if self._training is None:
            return
        self._tell_epochs()
        if step >= self._next_probe:
            self._probe(step)
            self._next_probe = max(step + 1, int(step * self._ratio()))

    def finish(self, result: Any) -> None:
        """Once the training has ended; the result's model has the weights that are exported."""
        if self._training is None:
            return
        self._tell_epochs()
        self._tell("final", self._final, result)
        self._tell("penalty", _look("penalty"), result.model)
        self._tell("noise_scale", self._noise_scale, result.model)
        self._tell("program", self._program, "finished", result)
        self._tell("pace", self._pace, result)

    def _tell(self, name: str, look: Callable[..., Any] | None, *given: Any, **named: Any) -> None:
        """Tell what a look gives. A look that fails costs its fact, never the training."""
        if look is None:
            return
        began = time.monotonic()
        try:
            value = look(*given, **named)
        except Exception as error:
            logging.getLogger(__name__).warning("%s could not be looked at: %r", name, error)
            return
        finally:
            self._seconds += time.monotonic() - began
        if value:
            self._recorder.tell(name, value)

    def _some(self, rows: Rows) -> _Rows:
        """Rows spread over the split, as the network gets them."""
        index = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(np.int64))
        raw, target = rows.take(index)
        return np.asarray(self._normalise(raw)), target

    def _look_at_objective(self) -> Mapping[str, Any]:
        self._objective = objective.look(
            self._training.model,
            LOSS,
            seen="compile",
            class_weight=self._training.options.class_weights != "none",
            metrics=["accuracy"],
            from_logits=ends_in_logits(self._training.model),
        )
        return self._objective

    def _look_at_constant(self) -> Mapping[str, Any]:
        given, other = np.asarray(self._train.labels), np.asarray(self._evaluation.labels)
        self._constant = constant.look(given, self._objective, y_validation=other)
        return self._constant

    def _look_at_overlap(self) -> Mapping[str, Any]:
        if self._train.hashes is None or self._evaluation.hashes is None:
            return {}
        return {"validation": overlap.look(np.asarray(self._train.hashes), np.asarray(self._evaluation.hashes))}

    def _probe(self, step: int) -> None:
        look = _look("probe")
        if look is None:
            return
        raw, target = self._train.take(self._train.order()[:_PROBED])
        given = np.asarray(self._normalise(raw))
        self._recorder.flush()
        loss = self._constant.get("loss")
        self._tell("probe", look, self._training.model, given, target, self._objective, constant_loss=loss)

    def _final(self, result: Any) -> Mapping[str, Any]:
        look = _look("final")
        if look is None:
            return {}
        (x, y), (x_other, y_other) = self._some(self._train), self._some(self._evaluation)
        return look(result.model, x, y, x_other, y_other, self._objective)

    def _noise_scale(self, model: Any) -> Mapping[str, Any]:
        raw, target = self._some(self._train)
        return noise_scale(model, raw, target, ends_in_logits(model), self._training.options.batch_size)

    def _pace(self, result: Any) -> Mapping[str, Any]:
        told = getattr(result, "pace", None) or {}
        if result.steps_per_second:
            told = {"seconds_per_step": 1 / result.steps_per_second, **told}
        return {**told, "steps": result.steps, "looks_share": self._seconds / max(result.seconds, 1e-9)}

    def _tell_epochs(self) -> None:
        history = self._training.state.history
        self._told_epochs = min(self._told_epochs, len(history))
        for row in history[self._told_epochs :]:
            rows, batch = len(self._train), self._training.options.batch_size
            logs = {
                "loss": row["loss"],
                "accuracy": row["accuracy"],
                "val_loss": row["eval_loss"],
                "val_accuracy": row["eval_accuracy"],
            }
            told = {
                "epoch": row["step"] * batch / rows,
                "step": row["step"],
                "seconds": time.monotonic() - self._began,
                "logs": {key: value for key, value in logs.items() if value is not None},
                "learning_rate": row["learning_rate"],
            }
            self._began = time.monotonic()
            self._recorder.tell("epoch", told, row["step"])
        self._told_epochs = len(history)

    def _program(self, ended: str, result: Any = None) -> Mapping[str, Any]:
        training, options = self._training, self._training.options
        steps_an_epoch = max(1, -(-len(self._train) // options.batch_size))
        done = training.state.step if result is None else result.steps
        told = {
            "kind": "pipeline",
            "compiled": True,
            "steps_per_epoch": steps_an_epoch,
            "epochs": -(-training.steps // steps_an_epoch),
            "epochs_done": done / steps_an_epoch,
            "batch_size": options.batch_size,
            "shuffle": True,
            "validation": True,
            "updates": done,
            "precision": options.precision,
            "fine_tuning": False,
            "fits": 1,
            **self._about,
        }
        if result is not None:
            told["ended"] = "stopped" if result.stopped_early and not options.early_stopping else ended
        return told

    def _ratio(self) -> float:
        return max(1.3, self._training.steps ** (1 / _PROBES))


def _look(name: str) -> Callable[..., Any] | None:
    """A look by its name, where there is one."""
    module = f"graduate.looks.{name}"
    if importlib.util.find_spec(module) is None:
        return None
    return importlib.import_module(module).look
