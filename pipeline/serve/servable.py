"""A SavedModel in memory: its signatures asked by name, as a server asks them. TensorFlow alone is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graduate.errors import UserError
from graduate.pipeline.model_ids import Model
from graduate.pipeline.predict import tensorflow_alone

DEFAULT = "serving_default"


class Spec(NamedTuple):
    """What a tensor of a signature holds: TensorFlow's name of the type (`string`, `float32`), and its shape."""

    kind: str
    shape: tuple[int | None, ...] | None


class Refused(Exception):
    """The model does not take these values; in words."""


class Servable:
    """One version of a model.

    Args:
        model: which one.
        quiet: nothing of TensorFlow's on the screen. Works only before anybody has imported TensorFlow.

    Raises:
        UserError: it cannot be loaded.
    """

    def __init__(self, model: Model, *, quiet: bool = True) -> None:
        self.model, self.about = model, model.about
        self._tf = tensorflow_alone(quiet)
        try:
            self._loaded = self._tf.saved_model.load(str(model.folder))  # its variables live as long as this
            self._signatures = dict(self._loaded.signatures)
            self.inputs = {name: _inputs(one) for name, one in self._signatures.items()}
        except Exception as error:
            said = " ".join(str(error).split())[:160] or type(error).__name__
            hint = f"`graduate models` lists other versions; {model.folder} may be damaged"
            raise UserError(f"the model cannot be loaded ({said})", where=str(model.folder), hint=hint) from error

    @property
    def features(self) -> dict[str, str]:
        """The raw feature, such as a table's column, that each input of the serving signature stands for.

        A signature has names of its own for columns whose names are no identifiers.
        """
        columns = {name: column for column, name in (self.about.get("arguments") or {}).items()}
        return {name: columns.get(name, name) for name in self.inputs.get(DEFAULT, {})}

    @property
    def version(self) -> int:
        """Its number; a folder that has none is version 1."""
        return 1 if self.model.version is None else self.model.version

    def ask(self, given: Mapping[str, Any], signature: str = DEFAULT) -> dict[str, Any]:
        """The outputs of a signature, as arrays by name.

        Args:
            given: a value for each input of the signature, by name, as `numpy.array` takes it.
            signature: its name.

        Raises:
            Refused: the model does not take these values.
            UserError: it cannot answer, whatever is asked.
        """
        errors = self._tf.errors
        specs = self.inputs[signature]
        try:
            tensors = {name: self._tf.constant(value, specs[name].kind) for name, value in given.items()}
            return {name: value.numpy() for name, value in self._signatures[signature](**tensors).items()}
        except (errors.InvalidArgumentError, ValueError, TypeError) as error:
            raise Refused(_sentence(error)) from error
        except errors.OpError as error:
            raise UserError(f"the model does not answer ({_sentence(error)})", where=str(self.model.folder)) from error

    def metadata(self) -> dict[str, Any]:
        """The signatures as TensorFlow Serving prints them: protocol buffers' JSON, defaults written out."""
        from tensorflow.core.framework import types_pb2
        from tensorflow.core.protobuf import saved_model_pb2

        saved = saved_model_pb2.SavedModel()
        saved.ParseFromString((self.model.folder / "saved_model.pb").read_bytes())
        [graph] = [one for one in saved.meta_graphs if "serve" in one.meta_info_def.tags]

        def told(tensor: Any) -> dict[str, Any]:
            dims = [{"size": str(one.size), "name": one.name} for one in tensor.tensor_shape.dim]
            shape = {"dim": dims, "unknown_rank": tensor.tensor_shape.unknown_rank}
            return {"dtype": types_pb2.DataType.Name(tensor.dtype), "tensor_shape": shape, "name": tensor.name}

        return {
            name: {
                "inputs": {key: told(value) for key, value in sorted(one.inputs.items())},
                "outputs": {key: told(value) for key, value in sorted(one.outputs.items())},
                "method_name": one.method_name,
                "defaults": {},
            }
            for name, one in sorted(graph.signature_def.items())
        }


def _inputs(signature: Any) -> dict[str, Spec]:
    specs = signature.structured_input_signature[1]
    return {
        name: Spec(one.dtype.name, None if one.shape.rank is None else tuple(one.shape))
        for name, one in sorted(specs.items())
    }


def _sentence(error: Exception) -> str:
    """The first sentence of what TensorFlow says, without the graph's names of nodes."""
    text = " ".join((getattr(error, "message", None) or str(error)).split())
    for mark in ("[[{{node", " [[", "[Op:"):
        text = text.partition(mark)[0]
    return text.strip()[:300] or type(error).__name__
