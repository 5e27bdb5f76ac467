"""Networks for tables, plain Keras 3: numbers and places of categories in, logits or numbers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import layers, ops


def mlp(
    input_shape: tuple[int],
    output_units: int,
    *,
    sizes: Sequence[int],
    units: Sequence[int] = (64, 32),
    activation: str = "relu",
    dropout: float = 0.1,
) -> keras.Model:
    """Dense layers over the numbers and an embedding of each category. Input (B, D), output (B, output_units)."""
    inputs = keras.Input(input_shape)
    x = _stacked(Columns(sizes, name="columns")(inputs), units, activation, dropout)
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name="mlp")


def linear(input_shape: tuple[int], output_units: int, *, sizes: Sequence[int]) -> keras.Model:
    """A weighted sum of the numbers and of a weight for each category: linear or logistic regression."""
    inputs = keras.Input(input_shape)
    x = Columns(sizes, one_hot=True, name="columns")(inputs)
    outputs = layers.Dense(output_units, kernel_initializer=_small(), name="logits")(x)
    return keras.Model(inputs, outputs, name="linear")


def wide_deep(
    input_shape: tuple[int],
    output_units: int,
    *,
    sizes: Sequence[int],
    units: Sequence[int] = (64, 32),
    activation: str = "relu",
    dropout: float = 0.1,
) -> keras.Model:
    """The sum of a linear model and of dense layers over embeddings (Cheng et al. 2016, Wide & Deep)."""
    inputs = keras.Input(input_shape)
    columns = Columns(sizes, one_hot=True, name="crossed")(inputs)
    wide = layers.Dense(output_units, use_bias=False, kernel_initializer=_small(), name="wide")(columns)
    deep = _stacked(Columns(sizes, name="columns")(inputs), units, activation, dropout)
    outputs = layers.Add(name="logits")([wide, layers.Dense(output_units, name="deep")(deep)])
    return keras.Model(inputs, outputs, name="wide_deep")


def resnet(
    input_shape: tuple[int],
    output_units: int,
    *,
    sizes: Sequence[int],
    width: int = 64,
    blocks: int = 2,
    activation: str = "relu",
    dropout: float = 0.1,
) -> keras.Model:
    """Residual blocks of dense layers (Gorishniy et al. 2021, section 3.2, with layer instead of batch norms)."""
    inputs = keras.Input(input_shape)
    x = layers.Dense(width)(Columns(sizes, name="columns")(inputs))
    for _ in range(blocks):
        y = layers.Dense(2 * width, activation=activation)(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(layers.Dropout(dropout)(y))])
    x = layers.Activation(activation)(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(output_units, name="logits")(x), name="resnet")


BUILDERS: Mapping[str, Callable[..., keras.Model]] = {
    "mlp": mlp,
    "linear": linear,
    "wide_deep": wide_deep,
    "resnet": resnet,
}


@keras.saving.register_keras_serializable("graduate")
class Columns(layers.Layer):
    """(B, D) -> (B, E): numbers as they are, then each category embedded, or as one of many.

    Args:
        sizes: of each column, 0 for a number, else how many places a category has.
        one_hot: instead of embeddings.
    """

    def __init__(self, sizes: Sequence[int], one_hot: bool = False, **given: Any) -> None:
        super().__init__(**given)
        self.sizes, self.one_hot = [int(size) for size in sizes], one_hot
        self._tables = [
            layers.Embedding(size, _width(size), name=f"embedding_{number}")
            for number, size in enumerate(self.sizes)
            if size and not one_hot
        ]

    def build(self, input_shape: Any) -> None:
        """Every table has its weights from the start."""
        for table in self._tables:
            table.build((None,))

    def call(self, inputs: Any) -> Any:
        numbers = [at for at, size in enumerate(self.sizes) if not size]
        parts = [ops.take(inputs, ops.convert_to_tensor(numbers, "int32"), axis=1)] if numbers else []
        tables = iter(self._tables)
        for at, size in enumerate(self.sizes):
            if size:
                place = ops.cast(inputs[:, at], "int32")
                parts.append(ops.one_hot(place, size, dtype=inputs.dtype) if self.one_hot else next(tables)(place))
        return ops.concatenate(parts, -1) if len(parts) > 1 else parts[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], sum((size if self.one_hot else _width(size)) if size else 1 for size in self.sizes))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes, "one_hot": self.one_hot}


def _width(size: int) -> int:
    """Of an embedding: 1.6 · size^0.56, at most 50 (Howard and Gugger's fastai rule)."""
    return min(50, max(2, round(1.6 * size**0.56)))


def _small() -> Any:
    """Weights that begin near 0, of a sum of many columns at once: it begins at the best constant answer's loss."""
    return keras.initializers.RandomNormal(stddev=0.01)


def _stacked(x: Any, units: Sequence[int], activation: str, dropout: float) -> Any:
    for count in units:
        x = layers.Dropout(dropout)(layers.Dense(count, activation=activation)(x))
    return x
