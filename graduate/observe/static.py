"""What is known of a program without measuring: its kind, its model's layers, its loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard


def program_of(run: Any, contexts: Sequence[FitContext], guard: Guard) -> dict[str, Any]:
    """The fact `program`."""
    facts: dict[str, Any] = {"kind": "loop", "fits": 0, "ended": "running"}
    if contexts:
        facts.update(_of_fit(contexts[-1]))
        facts["fits"] = len(contexts)
        facts["epochs_done"] = sum(one.epochs_done for one in contexts)
    facts.update(updates=run.step, rows_lost=run.rows_lost, observer_errors=dict(guard.errors))
    return facts


def _of_fit(context: FitContext) -> dict[str, Any]:
    import tensorflow as tf

    given, model = context.arguments, context.model
    custom = type(model).train_step is not _keras_train_step()
    callbacks = given.get("callbacks") or []
    callbacks = getattr(callbacks, "callbacks", callbacks)
    listed = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    return {
        "kind": context.kind if not custom or context.kind != "fit" else "fit+custom_step",
        "compiled": not bool(model.run_eagerly),
        "jit_compile": bool(model.jit_compile),
        "epochs": given.get("epochs"),
        "initial_epoch": given.get("initial_epoch"),
        "epochs_done": context.epochs_done,
        "steps_per_epoch": given.get("steps_per_epoch"),
        "batch_size": context.batch_size or given.get("batch_size"),
        "shuffle": _shuffle(given.get("shuffle")),
        "callbacks": [type(one).__name__ for one in listed],
        "precision": str(getattr(model.dtype_policy, "name", "float32")),
        "strategy": type(tf.distribute.get_strategy()).__name__
        if model.distribute_strategy is None
        else type(model.distribute_strategy).__name__,
        "steps_per_execution": model.steps_per_execution,
        "validation": given.get("validation_data") is not None or bool(given.get("validation_split")),
        "class_weight": given.get("class_weight") is not None,
        "sample_weight": given.get("sample_weight") is not None,
        "input": context.input_kind,
        "ended": context.ended,
    }


def _shuffle(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _keras_train_step() -> Any:
    from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

    return TensorFlowTrainer.train_step
