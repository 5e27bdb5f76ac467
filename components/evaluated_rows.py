"""Rows on their way into TFMA: raw examples through the exported signatures of one or two models."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.utils.shared import Shared

from graduate.components import slice_ranges
from graduate.components.slice_ranges import Ranges

CANDIDATE, BASELINE = "candidate", "baseline"
_BATCH = 256  # rows


@dataclass(frozen=True)
class Model:
    """A SavedModel to evaluate.

    Attributes:
        name: CANDIDATE or BASELINE.
        folder: holds `saved_model.pb`.
        order: for each class of the candidate, its place among this model's; empty where they are in the same order.
    """

    name: str
    folder: str
    order: tuple[int, ...] = ()


def classes_of(folder: str) -> list[str] | None:
    """The class names that an export carries with it, if it does."""
    path = Path(folder, "assets.extra", "graduate.json")
    try:
        return list(json.loads(path.read_text(encoding="utf-8"))["classes"])
    except (OSError, ValueError, KeyError):
        return None


class Predict(beam.DoFn):
    """Files of serialised examples to TFMA's extracts, one a row: labels, predictions by model, features to slice by.

    The first model's `labels` signature tells the class index, -1 for a class that it does not know; or the numbers.
    """

    def __init__(
        self, models: Sequence[Model], slice_by: Sequence[str], ranges: Mapping[str, Ranges] | None = None
    ) -> None:
        self._models, self._slice_by, self._ranges = tuple(models), tuple(slice_by), dict(ranges or {})
        self._loaded: list[Any] = []
        self._shared = Shared()  # loaded once a process, not once a thread

    def setup(self) -> None:
        self._loaded = self._shared.acquire(self._load, tag=repr(self._models))

    def _load(self) -> _Loaded:
        import tensorflow as tf

        return _Loaded(tf.saved_model.load(model.folder) for model in self._models)

    def process(self, file: str) -> Iterator[dict[str, Any]]:
        import tensorflow as tf

        rows = tf.data.TFRecordDataset(file, "GZIP" if file.endswith(".gz") else "").batch(_BATCH)
        for batch in rows:
            (labels,) = self._loaded[0].signatures["labels"](examples=batch).values()
            labels = labels.numpy()
            given = {
                model.name: _ordered(_only(loaded.signatures["evaluate"](examples=batch)), model)
                for model, loaded in zip(self._models, self._loaded, strict=True)
            }
            features = self._features(batch.numpy())
            for at, label in enumerate(labels):
                several = {name: rows[at] for name, rows in given.items()}
                yield {
                    "labels": np.atleast_1d(label),
                    "predictions": several if len(several) > 1 else several[self._models[0].name],
                    "features": features[at],
                }

    def _features(self, batch: Sequence[bytes]) -> list[Mapping[str, np.ndarray]]:
        import tensorflow as tf

        if not self._slice_by:
            return [{} for _ in batch]
        found: list[Mapping[str, np.ndarray]] = []
        for serialised in batch:
            row = tf.train.Example.FromString(serialised).features.feature
            found.append({name: self._sliced(row, name) for name in self._slice_by if name in row})
        return found

    def _sliced(self, row: Mapping[str, Any], name: str) -> np.ndarray:
        if name not in self._ranges:
            return _values(row[name])
        return np.array([self._ranges[name].of(value).encode() for value in slice_ranges.number_of(row, name)])


class _Loaded(list[Any]):
    """A list that can be weakly referenced, as `Shared` wants it."""


def _only(answers: Mapping[str, Any]) -> np.ndarray:
    """A signature's one output."""
    (answer,) = answers.values()
    return answer.numpy()


def _values(feature: Any) -> np.ndarray:
    kind = feature.WhichOneof("kind")
    return np.array(list(getattr(feature, kind).value) if kind else [])


def _ordered(probabilities: np.ndarray, model: Model) -> np.ndarray:
    return probabilities[:, list(model.order)] if model.order else probabilities


def files_of(folder: str) -> list[str]:
    """The files of one split of Examples, sorted."""
    if not os.path.isdir(folder):
        return []
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if not name.startswith("."))
