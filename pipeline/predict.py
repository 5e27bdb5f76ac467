"""Predictions on raw input through an exported serving graph, by TensorFlow alone, as a server has it, on the CPU."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError

if TYPE_CHECKING:
    from graduate.pipeline.model_ids import Model

BATCH = 256  # inputs of a request

_OUTPUTS = ({"probabilities", "label", "classes"}, {"probabilities", "classes"}, {"values", "names"})


@dataclass(frozen=True)
class Answer:
    """What a model says of an input; what does not apply to what its labels are is empty.

    Attributes:
        label: the best class.
        probabilities: of every class, or of each of several labels, the likeliest first.
        values: numbers by name.
        labels: of several labels those that are more likely than not; None of other models.
    """

    label: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    labels: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """What applies."""
        if self.values:
            return {"values": dict(self.values)}
        said: dict[str, Any] = {"label": self.label} if self.labels is None else {"labels": list(self.labels)}
        return {**said, "probabilities": dict(self.probabilities)}


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
            self._inputs = tuple(self._serve.structured_input_signature[1])
            outputs = set(self._serve.structured_outputs)
        except Exception as error:
            raise self._useless("cannot be loaded", error) from error
        if self._task != "table" and len(self._inputs) != 1:
            raise self._useless(f"takes {', '.join(self._inputs)}, and one input is expected")
        if not any(known <= outputs for known in _OUTPUTS):
            raise self._useless(f"has no output {', '.join(sorted(set(_OUTPUTS[0]) - outputs))}")

    def answers(self, raws: Sequence[bytes | Mapping[str, Any]]) -> list[Answer | str]:
        """For each raw input its answer, or in a few words why there is none.

        An input is a file's bytes, of a table the raw features of a row.

        One unreadable input fails a whole request: then the halves are asked, until the bad ones stand alone.

        Raises:
            UserError: the model cannot answer, whatever the input.
        """
        try:
            given = self._serve(**self._request(raws))
        except self._tf.errors.InvalidArgumentError as error:
            if len(raws) == 1:
                return [self._why(raws[0], error)]
            half = len(raws) // 2
            return self.answers(raws[:half]) + self.answers(raws[half:])
        except self._tf.errors.OpError as error:
            raise self._useless("does not answer", error) from error
        return _answers({name: values.numpy() for name, values in given.items()})

    def _request(self, raws: Sequence[bytes | Mapping[str, Any]]) -> dict[str, Any]:
        if self._task != "table":
            return {self._inputs[0]: self._tf.constant(raws, self._tf.string)}
        about = self._model.about
        called, types = about.get("arguments", {}), about["raw_features"]
        return {
            called.get(name, name): self._tf.constant([row[name] for row in raws], kind)  # type: ignore[index,call-overload]
            for name, kind in types.items()
        }

    def _why(self, raw: bytes | Mapping[str, Any], error: Any) -> str:
        from graduate.pipeline.data import kinds

        if self._task in kinds.BY_TASK and isinstance(raw, bytes):
            (seen,) = kinds.seen_of(str(self._task), [raw])
            if isinstance(seen, str):
                return seen
        return f"the model refuses it ({_short(error)})"

    def _useless(self, what: str, error: Exception | None = None) -> UserError:
        detail = f" ({_short(error)})" if error else ""
        return UserError(f"the model {what}{detail}", where=str(self._model.folder), hint=self._hint)


def _answers(given: Mapping[str, Any]) -> list[Answer | str]:
    """A request's outputs, an answer a row."""
    if "values" in given:
        rows = zip(given["names"], given["values"], strict=True)
        return [Answer(values={_text(n): float(v) for n, v in zip(names, row, strict=True)}) for names, row in rows]
    found: list[Answer | str] = []
    for at, (classes, row) in enumerate(zip(given["classes"], given["probabilities"], strict=True)):
        order = (-row).argsort(kind="stable")
        probabilities = {_text(classes[one]): float(row[one]) for one in order}
        if "label" in given:
            found.append(Answer(_text(given["label"][at]), probabilities))
        else:
            yes = tuple(_text(name) for name, probability in zip(classes, row, strict=True) if probability > 0.5)
            found.append(Answer(probabilities=probabilities, labels=yes))
    return found


def _text(name: bytes) -> str:
    return name.decode()


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
