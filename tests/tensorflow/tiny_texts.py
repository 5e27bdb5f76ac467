"""Small data of texts as numbers of tokens, and trainings on them under the recorder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from graduate.diagnose import Diagnosis, diagnose
from graduate.pipeline.tasks import text_augment, text_models
from graduate.recorder import Recorder
from graduate.trace import open_trace
from graduate.training import Rows, TrainingOptions, resolve_strategy, train

CLASSES, LENGTH, TOKENS = 3, 24, 400
OWN = 20  # tokens that a class has for itself
SMALL: dict[str, dict[str, Any]] = {
    "bag": {"embedding": 16, "units": [16], "dropout": 0.2},
    "lstm": {"embedding": 16, "recurrent": 16, "dropout": 0.2},
    "gru": {"embedding": 16, "recurrent": 16, "dropout": 0.2},
    "transformer": {"embedding": 16, "heads": 2, "blocks": 1, "dropout": 0.1},
}


def texts(count: int, seed: int) -> Rows:
    """Texts of 4 to 24 words, one in eight of its class's own, as in news; half of the vocabulary is never used."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count).astype(np.int32)
    inputs = np.zeros((count, LENGTH), np.int32)
    for row, label in enumerate(labels):
        length = random.integers(4, LENGTH + 1)
        words = random.integers(2 + CLASSES * OWN, TOKENS // 2, length)
        own = random.random(length) < 0.125
        own[random.integers(length)] = True
        inputs[row, :length] = np.where(own, 2 + label * OWN + random.integers(0, OWN, length), words)
    hashes = np.array([f"{seed}-{row:06d}" for row in range(count)])
    return Rows(inputs, labels, hashes)


def trained(
    folder: Path, name: str, callbacks: Sequence[Callable[[Recorder], Any]] = (), build: Any = None, **options: Any
) -> tuple[Any, Diagnosis]:
    """A short training of a network under the recorder, and what the rules say.

    Args:
        folder: of the trace.
        name: of the network; `build` makes another.
        callbacks: made from the recorder.
        options: of the training.
    """
    given = {"steps": 300, "batch_size": 32, "learning_rate": 0.005, "seed": 5, **options}
    strategy, _ = resolve_strategy("cpu")
    rows = texts(800, 1)
    counts = {str(name): int(count) for name, count in enumerate(np.bincount(rows.labels))}
    with Recorder(folder, label_counts=counts, input_range=(0, int(rows.inputs.max()))) as recorder:
        result = train(
            build or (lambda: text_models.BUILDERS[name]((LENGTH,), CLASSES, tokens=TOKENS, **SMALL[name])),
            rows,
            texts(200, 2),
            TrainingOptions(**given),
            strategy=strategy,
            augment=text_augment.build([{"word_dropout": 0.1}], CLASSES),
            callbacks=[recorder, *(one(recorder) for one in callbacks)],
            checkpoints=str(folder) + "-checkpoints",
        )
    return result, diagnose(open_trace(folder))
