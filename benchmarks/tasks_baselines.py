"""scikit-learn's usual baselines for each kind of data, with their defaults: what a model has to beat to be worth it.

    python benchmarks/tasks_baselines.py EXAMPLE FOLDER_OF_DATA MANIFEST

Prints a line of JSON: {"name of the baseline": accuracy or R² on the test split}; the first is the one that counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

sys.path.insert(0, str(Path(__file__).parent))
import tasks_rows

_FRAME, _HOP, _BANDS, _RATE = 400, 160, 40, 16_000  # 25 ms, 10 ms, as in examples/speech.yaml


def scores(example: str, splits: Mapping[str, tasks_rows.Split]) -> dict[str, float]:
    """Accuracy, or R² of numbers, on the test split; the eval split, which the network may look at, is not used."""
    train, test = splits["train"], splits["test"]
    found = {}
    for name, make in _BASELINES[example].items():
        found[name] = float(make().fit(train.inputs, train.labels).score(test.inputs, test.labels))
    return found


def _logistic() -> Any:
    return LogisticRegression(max_iter=5_000)


def _columns(numbers: Any) -> Any:
    """Columns of numbers through `numbers`, the others as one of many."""
    others = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (others, make_column_selector(dtype_exclude="number")),
    )


def _mel_statistics(waveforms: np.ndarray) -> np.ndarray:
    """Mean and deviation over time of 40 log-mel bands."""
    bank, window = _triangles(), np.hanning(_FRAME + 1)[:-1]
    found = []
    for waveform in waveforms:
        frames = np.lib.stride_tricks.sliding_window_view(waveform, _FRAME)[::_HOP] * window
        heard = np.log(np.abs(np.fft.rfft(frames, 512)) ** 2 @ bank + 1e-6)
        found.append(np.concatenate([heard.mean(0), heard.std(0)]))
    return np.stack(found)


def _triangles() -> np.ndarray:
    """(257, bands): triangles evenly spaced on the mel scale from 20 Hz to half the rate."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (20, _RATE / 2))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    lines = np.linspace(0, _RATE / 2, 257)[:, None]
    rising = (lines - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - lines) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling))


def _pixels(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255


_BASELINES: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "news": {"logistic regression on TF-IDF": lambda: make_pipeline(TfidfVectorizer(), _logistic())},
    "speech": {
        "logistic regression on mel statistics": lambda: make_pipeline(
            FunctionTransformer(_mel_statistics), StandardScaler(), _logistic()
        )
    },
    "digits": {"logistic regression on pixels": lambda: make_pipeline(FunctionTransformer(_pixels), _logistic())},
    "tumours": {
        "gradient boosting": lambda: GradientBoostingClassifier(random_state=0),
        "logistic regression": lambda: make_pipeline(StandardScaler(), _logistic()),
    },
    "diabetes": {
        "gradient boosting": lambda: make_pipeline(_columns("passthrough"), GradientBoostingRegressor(random_state=0)),
        "linear regression": lambda: make_pipeline(_columns(StandardScaler()), LinearRegression()),
    },
}

if __name__ == "__main__":
    name, data, manifest = sys.argv[1:]
    print(json.dumps(scores(name, tasks_rows.read(name, Path(data), Path(manifest)))))
