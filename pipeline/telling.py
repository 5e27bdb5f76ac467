"""What a pipeline's training tells its trace besides what every training tells: how good it could be, what its rows
share, what a step cost and what a larger batch would bring. A callback, between the recorder and the supervisor.

Looking costs seconds at most and changes nothing; what cannot be looked at is not told, and its rules are skipped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graduate.looks import overlap
from graduate.recorder import Recorder
from graduate.training import Rows
from graduate.training.noise_scale import noise_scale
from graduate.training.strategy import is_chief

_LOOKED_AT = 2048  # rows of each split


class Teller:
    """Tells facts to a recorder; of several workers the chief's does.

    Args:
        recorder: which has to come before it among the callbacks.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._training: Any = None

    def start(self, training: Any) -> None:
        """Before the first step of a course."""
        self._training = training if is_chief(training.strategy) else None
        if self._training is None or self._recorder.trace().has("told:overlap"):
            return
        self._tell("overlap", self._overlap)
        self._tell("baseline", self._baseline)

    def finish(self, result: Any) -> None:
        """Once a course has ended; the result's model has the weights that are exported."""
        if self._training is None:
            return
        self._tell("noise_scale", self._noise_scale, result.model)
        self._tell("pace", self._pace, result)

    def _tell(self, name: str, look: Callable[..., Any], *given: Any) -> None:
        """Tell what a look gives. A look that fails costs its fact, never the training."""
        try:
            value = look(*given)
        except Exception as error:
            logging.getLogger(__name__).warning("%s could not be looked at: %r", name, error)
            return
        if value:
            self._recorder.tell(name, value)

    def _some(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Rows spread over the split as the network gets them, and their labels."""
        index = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(np.int64))
        raw, labels = rows.take(index)
        return np.asarray(self._training.finalise(raw)), labels

    def _both(self) -> tuple[Any, Any, Any, Any]:
        """Rows and labels of train, rows and labels of eval."""
        other = self._training.rows_eval
        return *self._some(self._training.rows_train), *(self._some(other) if other is not None else (None, None))

    def _overlap(self) -> Mapping[str, Any]:
        train, other = self._training.rows_train, self._training.rows_eval
        if other is None or train.hashes is None or other.hashes is None:
            return {}
        return {"validation": overlap.look(np.asarray(train.hashes), np.asarray(other.hashes))}

    def _baseline(self) -> Mapping[str, Any]:
        from graduate.looks import baseline

        return baseline.look(*self._both())

    def _noise_scale(self, model: Any) -> Mapping[str, Any]:
        training = self._training
        return noise_scale(model, *self._some(training.rows_train), training.objective, training.options.batch_size)

    def _pace(self, result: Any) -> Mapping[str, Any]:
        return result.pace
