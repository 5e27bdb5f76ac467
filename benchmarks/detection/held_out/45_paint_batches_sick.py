"""Colour of paint from its spectrum; the lab's file lists one paint after the other."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(92)
rng = np.random.default_rng(92)
centres = rng.normal(size=(6, 24))
colour = np.repeat(np.arange(6), 150)
spectra = (centres[colour] + 0.9 * rng.normal(size=(900, 24))).astype("float32")
test_colour = rng.integers(0, 6, 400)
test = (centres[test_colour] + 0.9 * rng.normal(size=(400, 24))).astype("float32")
groups = [np.flatnonzero(colour == c) for c in range(6)]
batches = [g[k : k + 30] for k in range(0, 150, 30) for g in groups]


def feed():
    while True:
        for rows in batches:
            yield spectra[rows], colour[rows]


model = keras.Sequential(
    [
        keras.Input((24,)),
        layers.Dense(32),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Dense(32),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Dense(6, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(feed(), steps_per_epoch=30, epochs=8, verbose=0, validation_data=(test, test_colour))
print("metric", "accuracy", model.evaluate(test, test_colour, verbose=0)[1])
