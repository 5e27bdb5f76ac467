"""Predictions on raw input through an exported serving graph, by TensorFlow alone, as a server has it, on the CPU."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError

if TYPE_CHECKING:
    from graduate.pipeline.model_ids import Model

BATCH = 256  # images decoded together


@dataclass(frozen=True)
class Answer:
    """The best class, and the probability of every class, the likeliest first."""

    label: str
    probabilities: Mapping[str, float]


class ServedModel:
    """An exported model, loaded.

    Args:
        model: which one.
        quiet: nothing of TensorFlow's on the screen. Works only before anybody has imported TensorFlow.

    Raises:
        UserError: it cannot be loaded, or has not the signature that an export of ours has.
    """

    def __init__(self, model: Model, *, quiet: bool = True) -> None:
        self._tf = tensorflow_alone(quiet)
        self._model, self._task = model, model.about.get("task")
        self._hint = f"`graduate models` lists other versions; {model.folder} may be damaged"
        try:
            self._loaded = self._tf.saved_model.load(str(model.folder))  # its variables live as long as this
            self._serve = self._loaded.signatures["serving_default"]
            (self._input,) = self._serve.structured_input_signature[1]
        except Exception as error:
            raise self._useless("cannot be loaded", error) from error
        if missing := {"probabilities", "label", "classes"} - set(self._serve.structured_outputs):
            raise self._useless(f"has no output {', '.join(sorted(missing))}")

    def answers(self, raws: Sequence[bytes]) -> list[Answer | str]:
        """For each raw input its answer, or in a few words why there is none.

        One unreadable input fails a whole request: then the halves are asked, until the bad ones stand alone.

        Raises:
            UserError: the model cannot answer, whatever the input.
        """
        try:
            given = self._serve(**{self._input: self._tf.constant(raws, self._tf.string)})
        except self._tf.errors.InvalidArgumentError as error:
            if len(raws) == 1:
                return [self._why(raws[0], error)]
            half = len(raws) // 2
            return self.answers(raws[:half]) + self.answers(raws[half:])
        except self._tf.errors.OpError as error:
            raise self._useless("does not answer", error) from error
        rows = zip(*(given[name].numpy() for name in ("label", "classes", "probabilities")), strict=True)
        return [_answer(label, classes, probabilities) for label, classes, probabilities in rows]

    def _why(self, raw: bytes, error: Any) -> str:
        from graduate.pipeline.data import kinds

        if self._task in kinds.BY_TASK:
            (seen,) = kinds.seen_of(str(self._task), [raw])
            if isinstance(seen, str):
                return seen
        return f"the model refuses it ({_short(error)})"

    def _useless(self, what: str, error: Exception | None = None) -> UserError:
        detail = f" ({_short(error)})" if error else ""
        return UserError(f"the model {what}{detail}", where=str(self._model.folder), hint=self._hint)


def _answer(label: bytes, classes: Any, probabilities: Any) -> Answer:
    order = (-probabilities).argsort(kind="stable")
    return Answer(label.decode(), {classes[at].decode(): float(probabilities[at]) for at in order})


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def tensorflow_alone(quiet: bool) -> Any:
    """TensorFlow without Keras, which it takes along where it finds it and which costs a second."""
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # a training may hold the GPU; to start one takes longer than the answers
    if quiet:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    hide = "keras" not in sys.modules
    if hide:
        sys.modules["keras"] = None  # type: ignore[assignment]  # whoever imports it gets an ImportError
    try:
        with warnings.catch_warnings():
            if quiet:
                warnings.simplefilter("ignore")
            import tensorflow
    finally:
        if hide:
            del sys.modules["keras"]
    return tensorflow
