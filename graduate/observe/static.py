"""What is known of a program without measuring: its kind, its model's layers, its loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graduate.observe.fits import FitContext
from graduate.observe.guard import Guard


def program_of(run: Any, study: Any, guard: Guard, ended: str | None = None) -> dict[str, Any]:
    """The fact `program`.

    Args:
        run: the training.
        study: of its model.
        guard: of the observer: its failures.
        ended: how the program did, where it has.
    """
    contexts: Sequence[FitContext] = run.contexts
    facts = _of_fit(contexts[-1]) if contexts else _of_loop(run, study)
    if contexts:
        facts["fits"] = len(contexts)
        facts["epochs_done"] = sum(one.epochs_done for one in contexts)
        if len(contexts) > 1:
            facts["epochs"] = sum(int(one.arguments.get("epochs") or 0) for one in contexts)
    if ended is not None and (ended != "finished" or facts.get("ended") in (None, "running")):
        facts["ended"] = ended
    facts.update(
        updates=run.step,
        fine_tuning=bool(run.fine_tuning),
        accumulation=getattr(run.optimizer, "gradient_accumulation_steps", None),
        continues=run.continues.folder.name if run.continues is not None else None,
        continued_by=run.continued_by.folder.name if run.continued_by is not None else None,
        rows_lost=run.rows_lost,
        observer_errors=dict(guard.errors),
    )
    return facts


def rates_of(run: Any) -> dict[str, Any] | None:
    """The fact `rates`; None where the learning rate never changed."""
    if len(run.rates) < 2:
        return None
    first, last = run.rates[0], run.rates[-1]
    return {"first": first, "last": last, "largest": max(run.rates), "changes": len(run.rates) - 1}


def _of_loop(run: Any, study: Any) -> dict[str, Any]:
    import tensorflow as tf

    collector = study.collectors.get("train")
    return {
        "kind": study.kind,
        "compiled": not run.eager,
        "jit_compile": run.jit,
        "epochs": None,
        "batch_size": collector.batch_size if collector is not None and collector.batch_size else None,
        "shuffle": None,
        "callbacks": [],
        "precision": str(getattr(getattr(run.model, "dtype_policy", None), "name", "float32")),
        "strategy": type(tf.distribute.get_strategy()).__name__,
        "validation": "validation" in study.rows,
        "fits": 0,
    }


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
        "input": (context.input or {}).get("kind"),
        "ended": context.ended,
    }


def _shuffle(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _keras_train_step() -> Any:
    from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

    return TensorFlowTrainer.train_step
