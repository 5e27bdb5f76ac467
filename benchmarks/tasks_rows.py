"""The rows of an example's data, as the pipeline shared them out: for the scikit-learn baselines and the plain scripts.

Which row is in which split is read from the manifest that ExampleGen published; files and tables are read anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import gcd
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

LABELS = {"tumours": "diagnosis", "diabetes": "progression"}
TABLE = "table.csv"


class Split(NamedTuple):
    """What is known of each row, and its label: a class's number, or a number."""

    inputs: Any
    labels: np.ndarray


def read(example: str, data: Path, manifest: Path) -> dict[str, Split]:
    """{train, eval, test}: texts; waveforms (N, 16000) float32 in [-1, 1]; images (N, 8, 8, 1); or data frames."""
    entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    if example in LABELS:
        return dict(_of_table(data / TABLE, LABELS[example], entries))
    one = _READERS[example]
    classes = sorted({entry["class"] for entry in entries})
    found: dict[str, Split] = {}
    for split in ("train", "eval", "test"):
        chosen = [entry for entry in entries if entry["split"] == split]
        inputs = [one(data / entry["path"]) for entry in chosen]
        labels = np.array([classes.index(entry["class"]) for entry in chosen], np.int64)
        found[split] = Split(inputs if example == "news" else np.stack(inputs), labels)
    return found


def _of_table(file: Path, label: str, entries: list[Mapping[str, Any]]) -> Iterator[tuple[str, Split]]:
    import pandas

    frame = pandas.read_csv(file)
    labels = frame.pop(label)
    values = labels.to_numpy(float) if labels.dtype.kind in "if" else labels.astype("category").cat.codes.to_numpy()
    for split in ("train", "eval", "test"):
        rows = [int(entry["path"].rpartition("#")[2]) for entry in entries if entry["split"] == split]
        yield split, Split(frame.iloc[rows], values[rows])


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _waveform(file: Path, rate: int = 16_000, samples: int = 16_000) -> np.ndarray:
    """One second at 16 kHz, as the example has it."""
    import soundfile
    from scipy.signal import resample_poly

    heard, own = soundfile.read(file, dtype="float32")
    shared = gcd(rate, own)
    heard = resample_poly(heard, rate // shared, own // shared)[:samples].astype("float32")
    return np.pad(heard, (0, samples - len(heard)))


def _image(file: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(file).convert("L"), np.float32)[..., None]


_READERS: Mapping[str, Callable[[Path], Any]] = {"news": _text, "speech": _waveform, "digits": _image}
