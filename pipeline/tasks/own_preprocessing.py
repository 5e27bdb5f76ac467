"""Preprocessing that a user has written: a function inside Transform's graph, and so in serving too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from graduate import user_code


def applied(batch: Any, config: Mapping[str, Any]) -> Any:
    """A batch as the user's function changes it; as it is where the config names none.

    Args:
        batch: a tensor (B, …), or a mapping of names to tensors (B,).
        config: `module`, an absolute path, and `function`; the group `transform` otherwise.

    Raises:
        UserCodeError: the function raises, or gives another shape, dtype or other names than it was given.
    """
    named = named_in(config)
    if named is None:
        return batch
    return changed(batch, *named)


def named_in(config: Mapping[str, Any]) -> tuple[str, str] | None:
    """The file and the function that the group `transform` names, if it does."""
    return (config["module"], config["function"]) if config.get("module") else None


def changed(batch: Any, module: str, name: str) -> Any:
    """See `applied`."""
    path = Path(module)
    function = user_code.load_function(path, name, "transform.function")
    given = user_code.call(path, function, dict(batch) if isinstance(batch, Mapping) else batch)
    if isinstance(batch, Mapping):
        if not isinstance(given, Mapping) or set(given) != set(batch):
            told = f"the columns {', '.join(sorted(given))}" if isinstance(given, Mapping) else type(given).__name__
            raise _refused(path, f"{name} gave {told}, not the columns {', '.join(sorted(batch))}")
        return {key: _same(path, f"{name} gave {key} as", given[key], one) for key, one in batch.items()}
    return _same(path, f"{name} gave", given, batch)


def of_columns(inputs: Mapping[str, Any], config: Mapping[str, Any], others: Sequence[str], no_date: int) -> Any:
    """The raw features of a table with its columns as the user's function changes them.

    Args:
        inputs: as Transform gives them.
        config: see `applied`.
        others: features that are no columns.
        no_date: what an int64 column has where a row has none; numbers have NaN, categories "".
    """
    if not config.get("module"):
        return inputs
    nothing = {tf.string: "", tf.int64: no_date, tf.float32: float("nan")}
    columns = {name: _dense(one, nothing[one.dtype]) for name, one in sorted(inputs.items()) if name not in others}
    return {**inputs, **applied(columns, config)}


def _dense(column: Any, missing: Any) -> tf.Tensor:
    """A column (B,), whatever shape the schema gave it."""
    if isinstance(column, tf.SparseTensor):
        column = tf.sparse.to_dense(column, default_value=missing)
    return tf.reshape(column, [-1])


def _same(path: Path, gave: str, given: Any, wanted: tf.Tensor) -> tf.Tensor:
    """The tensor that was given, if it is like the one that went in."""
    if not isinstance(given, tf.Tensor):
        raise _refused(path, f"{gave} {type(given).__name__}, not a tensor")
    if given.dtype != wanted.dtype or not given.shape.is_compatible_with(wanted.shape):
        raise _refused(path, f"{gave} {_shown(given)}, not {_shown(wanted)}")
    return tf.ensure_shape(given, wanted.shape)


def _shown(tensor: tf.Tensor) -> str:
    dimensions = (
        "unknown" if tensor.shape.rank is None else ", ".join("B" if n is None else str(n) for n in tensor.shape)
    )
    return f"{tensor.dtype.name} ({dimensions})"


def _refused(path: Path, message: str) -> user_code.UserCodeError:
    hint = "the function takes a batch and returns one of the same names, dtype and shape"
    return user_code.UserCodeError(message, where=str(path), hint=hint)
