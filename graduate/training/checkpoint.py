"""Complete checkpoints: a training that goes on from one ends with the weights it would have had uninterrupted.

A checkpoint is one uncompressed `.npz` (whose members carry checksums) with every variable of the model, seed
generators included, of the optimizer, and the training's state. It is written aside and renamed, in a thread of its
own; the last two are kept, so that a damaged one costs the steps since the one before and no more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.files import atomic_path
from graduate.training.state import TrainingState

_Content = tuple[dict[str, np.ndarray], TrainingState]  # the variables by position, and the state
_FORMAT = 1
_KEEP = 2
_ARRAYS = ("best_weights", "callbacks")  # of the state; the rest of it is JSON


class Trained:
    """All variables that a step reads or writes, in a fixed order."""

    def __init__(
        self, strategy: tf.distribute.Strategy, model: keras.Model, optimizer: keras.optimizers.Optimizer
    ) -> None:
        self._strategy = strategy
        self._variables = [*model.variables, *optimizer.variables, *_global_seeds()]

    def values(self) -> dict[str, np.ndarray]:
        """Copies on the host by position; where a replica's own copy differs from the first, that too (`3@1`)."""
        found = {}
        for i, variable in enumerate(self._variables):
            first, *others = (np.array(copy) for copy in self._copies(variable))
            found[str(i)] = first
            found |= {f"{i}@{n}": copy for n, copy in enumerate(others, 1) if copy.tobytes() != first.tobytes()}
        return found

    def assign(self, values: dict[str, np.ndarray]) -> None:
        """Put `values` back."""
        for i, variable in enumerate(self._variables):
            for n, copy in enumerate(self._copies(variable)):
                copy.assign(_typed(values.get(f"{i}@{n}", values[str(i)]), copy.dtype))

    def signature(self) -> list[list[Any]]:
        """Shape and type of each: not the name, in which Keras counts what was built before in this process."""
        return [[list(variable.shape), str(variable.dtype)] for variable in self._variables]

    def _copies(self, variable: Any) -> tuple[Any, ...]:
        return self._strategy.experimental_local_results(variable.value)


class Checkpoints:
    """The checkpoints of one training in one folder.

    Args:
        facts: JSON-able; a checkpoint with other facts, or of other variables, is of another training and is not used.
        writes: whether this process writes, and reads: of several workers the chief alone does.
        thin: which steps to keep, of those there are, rising; the last two if left out.
    """

    def __init__(
        self,
        folder: str | Path,
        trained: Trained,
        facts: dict[str, Any],
        writes: bool = True,
        thin: Callable[[list[int]], list[int]] | None = None,
    ) -> None:
        self._folder, self._trained, self._writes = Path(folder), trained, writes
        self._thin = thin or (lambda steps: steps[-_KEEP:])
        text = json.dumps([_FORMAT, facts, trained.signature()], sort_keys=True, default=str)
        self._identity = hashlib.sha256(text.encode()).hexdigest()
        self._writer = ThreadPoolExecutor(1, "graduate-checkpoint")
        self._pending: Future[None] | None = None

    def steps(self) -> list[int]:
        """Those of which there is a checkpoint, rising."""
        self._wait()
        return [int(path.stem.removeprefix("step-")) for path in self._paths()]

    def restore(
        self, from_chief: Callable[[bytes], bytes] | None = None, at_most: int | None = None
    ) -> TrainingState | None:
        """Put the newest whole checkpoint of this training back, of `at_most` steps; None where there is none.

        With `from_chief`, which several workers call together, it is the chief's that all of them take.
        """
        path, found = self._newest(at_most) if self._writes or from_chief is None else (None, None)
        if from_chief is not None:
            content = from_chief(path.read_bytes() if path else b"")
            found = self._read(io.BytesIO(content)) if content else None
        if found is None:
            return None
        values, state = found
        self._trained.assign(values)
        return state

    def save(self, state: TrainingState) -> None:
        """Take a copy now and write it in the background; waits for the write before."""
        if not self._writes:
            return
        self._wait()
        plain = {f.name: getattr(state, f.name) for f in dataclasses.fields(state) if f.name not in _ARRAYS}
        text = json.dumps({"identity": self._identity, "state": plain})
        arrays = {f"variable/{name}": value for name, value in self._trained.values().items()}
        arrays |= {f"best/{i}": value for i, value in enumerate(state.best_weights)}
        arrays |= {f"callback/{name}": value for name, value in state.callbacks.items()}
        self._pending = self._writer.submit(self._write, state.step, text, arrays)

    def flush(self) -> None:
        """Wait until all is written."""
        self._wait()

    def close(self) -> None:
        """The same, and write no more."""
        try:
            self._wait()
        finally:
            self._writer.shutdown()

    def _wait(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()

    def _write(self, step: int, text: str, arrays: dict[str, np.ndarray]) -> None:
        with atomic_path(self._folder / f"step-{step:012d}.npz") as aside, open(aside, "wb") as opened:
            np.savez(opened, meta=np.frombuffer(text.encode(), np.uint8), **{k: _plain(v) for k, v in arrays.items()})
        paths = {int(path.stem.removeprefix("step-")): path for path in self._paths()}
        for old in set(paths) - set(self._thin(sorted(paths))):
            paths[old].unlink(missing_ok=True)
        for torn in self._folder.glob(".step-*.tmp"):  # of a process that was killed
            torn.unlink(missing_ok=True)

    def _newest(self, at_most: int | None) -> tuple[Path | None, _Content | None]:
        for path in reversed(self._paths()):
            if at_most is not None and int(path.stem.removeprefix("step-")) > at_most:
                continue
            if found := self._read(path):
                return path, found
        return None, None

    def _read(self, file: Path | io.BytesIO) -> _Content | None:
        try:
            with np.load(file, allow_pickle=False) as stored:
                meta = json.loads(stored["meta"].tobytes())
                if meta["identity"] != self._identity:
                    return None
                arrays = {name: stored[name] for name in stored.files if name != "meta"}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None  # damaged: the one before it will do
        best = _under(arrays, "best/")
        weights = [best[str(i)] for i in range(len(best))]
        state = TrainingState(**meta["state"], best_weights=weights, callbacks=_under(arrays, "callback/"))
        return _under(arrays, "variable/"), state

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("step-*.npz"))


def _under(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _plain(value: np.ndarray) -> np.ndarray:
    """What .npz has no name for (bfloat16) as raw bits of the same shape."""
    return value if value.dtype.kind in "biufc" else value.view(f"u{value.dtype.itemsize}")


def _typed(value: np.ndarray, dtype: tf.DType) -> tf.Tensor:
    wanted = dtype.as_numpy_dtype
    return tf.constant(value if value.dtype == wanted else value.view(wanted))


def _global_seeds() -> list[Any]:
    """Keras' own generator, used where a layer gives `keras.random` no seed. There is no public way to it."""
    with contextlib.suppress(ImportError):
        from keras.src.random.seed_generator import global_seed_generator

        return [global_seed_generator().state]
    return []
