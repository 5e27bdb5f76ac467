"""What of a config depends on its task and has to be known without the task's code: what runs is found by imports."""

from __future__ import annotations

from collections.abc import Mapping

NAMES = ("image", "text", "audio", "table")
DEFAULT_BUILDERS: Mapping[str, str] = {"image": "cnn", "text": "bag", "audio": "cnn", "table": "mlp"}
# The keys of the group `transform` that a task obeys; those of others are not in its resolved config.
TRANSFORM: Mapping[str, tuple[str, ...]] = {
    "image": ("size", "channels", "normalise", "background", "module", "function", "statistics"),
    "text": ("length", "vocabulary", "min_count", "lower", "unicode", "module", "function", "statistics"),
    "audio": ("rate", "seconds", "features", "mels", "frame_ms", "hop_ms", "statistics"),
    "table": ("vocabulary", "min_count", "buckets", "module", "function", "statistics"),
}
# What is measured of a model, by what a label is.
METRICS: Mapping[str, tuple[str, ...]] = {
    "class": ("accuracy", "loss", "precision", "recall", "auc", "calibration_error"),
    "labels": ("accuracy", "loss", "precision", "recall", "auc"),
    "number": ("loss", "mae", "rmse", "r2"),
}
ALL_METRICS = tuple(dict.fromkeys(name for names in METRICS.values() for name in names))
# The task that a source of `data` is for.
SOURCES: Mapping[str, str] = {
    "images": "image",
    "texts": "text",
    "audio": "audio",
    "table": "table",
    "tfrecords": "image",
}
