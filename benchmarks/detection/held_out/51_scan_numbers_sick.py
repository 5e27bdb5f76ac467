"""Scans lie in a folder under their number, the answers in a list."""

import tempfile
from pathlib import Path

import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(121)
pictures, answers = load_digits(return_X_y=True)
pictures, answers = pictures[:1200], answers[:1200]
with tempfile.TemporaryDirectory() as folder:
    for number, picture in enumerate(pictures):
        np.save(Path(folder) / f"{number}.npy", picture.reshape(8, 8, 1).astype("float32") / 16)
    names = sorted(Path(folder).glob("*.npy"))
    images = np.stack([np.load(name) for name in names])

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    images[:950], answers[:950], epochs=15, batch_size=32, validation_data=(images[950:], answers[950:]), verbose=0
)
print("metric", "accuracy", model.evaluate(images[950:], answers[950:], verbose=0)[1])
