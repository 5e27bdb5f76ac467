"""The plain Keras script that the pipeline is measured against: same digits, same CNN, same steps, same augmentation.

It imports, reads the image files, trains with `Model.fit`, evaluates and exports, and checks nothing. With `--tuned`
it switches off what the pipeline's processes switch off: garbage collection during imports, the interpreter's clean-up.

    python benchmarks/plain_keras.py FOLDER_OF_IMAGES OUTPUT_FOLDER [--tuned]
"""

import gc
import os
import sys

TUNED = "--tuned" in sys.argv
if TUNED:
    gc.disable()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hashlib  # noqa: E402
from pathlib import Path  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

if TUNED:
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)

STEPS, BATCH, SEED = 600, 64, 7


def read(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read class/name.png into train, eval and test by content hash."""
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    rows: dict[str, list] = {"train": [], "eval": [], "test": []}
    for index, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            content = path.read_bytes()
            share = int(hashlib.sha256(content).hexdigest()[:8], 16) / 0xFFFFFFFF
            split = "train" if share < 0.8 else "eval" if share < 0.9 else "test"
            rows[split].append((tf.io.decode_image(content, channels=1).numpy(), index))
    return {split: (np.stack([x for x, _ in found]), np.array([y for _, y in found])) for split, found in rows.items()}


def network(mean: float, variance: float) -> keras.Model:
    """The digits CNN: two convolutions, 32 and 64 filters, dropout 0.2, with its normalisation inside."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Normalization(mean=mean, variance=variance),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )


def main(folder: Path, out: Path) -> None:
    """Train, evaluate, export; prints the test accuracy."""
    keras.utils.set_random_seed(SEED)
    splits = read(folder)
    x, y = splits["train"]
    augment = keras.Sequential(
        [
            keras.layers.RandomRotation(10 / 360),
            keras.layers.RandomZoom(0.1),
        ]
    )
    train = (
        tf.data.Dataset.from_tensor_slices((x.astype("float32"), y))
        .shuffle(len(x), seed=SEED)
        .repeat()
        .batch(BATCH)
        .map(lambda images, labels: (augment(images, training=True), labels), num_parallel_calls=2)
        .prefetch(2)
    )
    model = network(float(x.mean()), float(x.astype("float32").var()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    per_epoch = len(x) // BATCH
    model.fit(
        train,
        steps_per_epoch=per_epoch,
        epochs=STEPS // per_epoch,
        validation_data=tuple(part.astype("float32") if part.ndim > 1 else part for part in splits["eval"]),
        verbose=0,
    )
    test_x, test_y = splits["test"]
    print("test loss, accuracy:", model.evaluate(test_x.astype("float32"), test_y, verbose=0))
    model.export(str(out), verbose=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    if TUNED:
        sys.stdout.flush()
        os._exit(0)
