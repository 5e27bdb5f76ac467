"""What `graduate watch` costs: the wall time of a `fit` script under watch ÷ under plain Python, in alternation.

    python benchmarks/watch.py [--rounds 3] [--seconds 60] [--json]

The script trains a small convolutional network on made-up pictures for as many epochs as take about `--seconds` here,
found by a short run first. Both begin with a new interpreter, so imports are on both sides; the verdict and its
printing are on the side of watch. Target: 1.05 at 60 seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCRIPT = """
import sys
import keras
import numpy as np

keras.utils.set_random_seed(1)
random = np.random.default_rng(0)
labels = random.integers(0, 10, 4096)
pictures = (random.normal(size=(10, 16, 16, 1))[labels] + random.normal(size=(4096, 16, 16, 1))).astype("float32")
layers = keras.layers
model = keras.Sequential([
    keras.Input((16, 16, 1)),
    layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.Flatten(), layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(pictures, labels, batch_size=64, epochs=int(sys.argv[1]), validation_split=0.1, verbose=0)
"""


def took(command: list[str], folder: Path) -> float:
    """Seconds of a command."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - began


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    plain = [sys.executable, "script.py"]
    watched = [sys.executable, "-m", "graduate.watch", "script.py"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
        one, three = took([*plain, "1"], folder), took([*plain, "3"], folder)
        epochs = max(1, round((given.seconds - one) / max((three - one) / 2, 1e-3)) + 1)
        times = [[took([*command, str(epochs)], folder) for command in (plain, watched)] for _ in range(given.rounds)]
    figures = {
        "without_seconds": statistics.median(pair[0] for pair in times),
        "with_seconds": statistics.median(pair[1] for pair in times),
        "ratio": statistics.median(pair[1] / pair[0] for pair in times),
        "epochs": epochs,
    }
    if given.json:
        print(json.dumps(figures))
        return
    print(
        f"watch ÷ plain {figures['ratio']:.3f} (target 1.05 at 60 s)   {figures['without_seconds']:.1f} s without, "
        f"{figures['with_seconds']:.1f} s with, {epochs} epochs, {given.rounds} rounds"
    )


if __name__ == "__main__":
    main()
