"""Complete checkpoints: one file each, that appears whole or not at all, so that a killed training goes on where it was.

A checkpoint is an uncompressed `.npz` (zip entries carry a CRC, so damage is seen when it is read) of every variable of the
model (seed generators included) and the optimizer, the best weights so far, the callbacks' arrays, and a JSON of what the host
knows: the step, history, early stopping. The last two are kept; a damaged newest one is passed over.
"""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from graduate.errors import UserError
from graduate.files import atomic_path

KEEP = 2
_NAME = re.compile(r"step-(\d+)\.npz")
_FACTS = "facts.json"


@dataclass
class Snapshot:
    """What one checkpoint holds: arrays by name, and JSON-able facts."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose name starts with `prefix/`, without it."""
        return {k.removeprefix(prefix + "/"): v for k, v in self.arrays.items() if k.startswith(prefix + "/")}


class Checkpoints:
    """The checkpoints of one training in one folder.

    Args:
        folder: made when the first checkpoint is written.
        writes: False for the workers that follow the chief: they read the same folder.
    """

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self.folder, self.writes = Path(folder), writes
        self.notes: list[str] = []

    def save(self, step: int, snapshot: Snapshot) -> None:
        """Write the checkpoint of `step`, then remove all but the last `KEEP`."""
        if not self.writes:
            return
        with atomic_path(self.folder / f"step-{step:09d}.npz") as aside:
            _write(aside, snapshot)
        for old in self._files()[:-KEEP]:
            old.unlink(missing_ok=True)
        for left in self.folder.glob(".step-*.tmp"):  # of a process that was killed while it wrote
            left.unlink(missing_ok=True)

    def latest(self) -> Snapshot | None:
        """The newest checkpoint that can be read, or None. Damaged ones are named in `notes`."""
        for path in reversed(self._files()):
            try:
                return _read(path)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                self.notes.append(f"checkpoint {path.name} is damaged ({error}); going on from the one before")
        return None

    def _files(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))


def variables_of(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Every variable that a step reads or writes, by a name that does not depend on what was built before."""
    found = {f"model/{i}": v for i, v in enumerate(model.variables)}
    found |= {f"optimizer/{i}": v for i, v in enumerate(optimizer.variables)}
    generator = _global_seed_generator()
    if generator is not None:  # what `keras.random` uses where a layer of the user's gives no seed
        found["seed/global"] = generator.state
    return found


def read_variables(strategy: tf.distribute.Strategy, variables: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Values by name; where a replica's copy differs from the first (`name@replica`), that too."""
    arrays = {}
    for name, variable in variables.items():
        copies = [_to_numpy(copy) for copy in strategy.experimental_local_results(variable.value)]
        arrays[name] = copies[0]
        for replica, copy in enumerate(copies[1:], start=1):
            if copy.tobytes() != copies[0].tobytes():
                arrays[f"{name}@{replica}"] = copy
    return arrays


def write_variables(
    strategy: tf.distribute.Strategy, variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Put values back, in every replica.

    Raises:
        UserError: a variable is missing or has another shape: the checkpoint is of another model.
    """
    for name, variable in variables.items():
        saved = arrays.get(name)
        if saved is None or tuple(saved.shape) != tuple(variable.shape):
            raise UserError(
                f"the checkpoint does not fit the model: {variable.path} has shape {tuple(variable.shape)}, "
                f"the checkpoint {'nothing' if saved is None else tuple(saved.shape)}",
                hint="the model changed; give another checkpoint folder, or remove this one",
            )
        for replica, copy in enumerate(strategy.experimental_local_results(variable.value)):
            copy.assign(tf.constant(arrays.get(f"{name}@{replica}", saved), copy.dtype))


def weights_of(model: keras.Model) -> list[np.ndarray]:
    """Copies of what an export holds: weights and statistics, not seeds."""
    return [np.array(v.numpy()) for v in model.weights]


def set_weights(model: keras.Model, weights: Sequence[np.ndarray]) -> None:
    """Put such copies back."""
    for variable, value in zip(model.weights, weights, strict=True):
        variable.assign(value)


def _write(path: Path, snapshot: Snapshot) -> None:
    facts = json.dumps(snapshot.facts).encode()
    with open(path, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, array in snapshot.arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)
        archive.writestr(_FACTS, facts)  # last: a file that holds it holds everything


def _read(path: Path) -> Snapshot:
    with zipfile.ZipFile(path) as archive:
        arrays = dict(_arrays(archive))
        return Snapshot(arrays, json.loads(archive.read(_FACTS)))


def _arrays(archive: zipfile.ZipFile) -> Iterator[tuple[str, np.ndarray]]:
    for name in archive.namelist():
        if name != _FACTS:
            with archive.open(name) as entry:
                array = np.lib.format.read_array(entry, allow_pickle=False)
                if entry.read(1):  # reaching the end is what checks the CRC
                    raise ValueError(f"{name} is longer than its header says")
            yield name.removesuffix(".npy"), array


def _to_numpy(value: Any) -> np.ndarray:
    """A copy; bfloat16, which NumPy does not know, as float32, which holds all its values."""
    array = np.asarray(value.numpy())
    return array.astype(np.float32) if array.dtype.kind == "V" else np.array(array)


def _global_seed_generator() -> Any:
    """Keras' own generator, if one exists; Keras has no public way to ask without making one."""
    with contextlib.suppress(ImportError, AttributeError):
        from keras.src.backend.common import global_state

        return global_state.get_global_attribute("global_seed_generator")
    return None
