"""A backbone taught on the digits 0 to 4 is frozen; a new head learns 5 to 9."""

import numpy as np
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(81)

digits = load_digits()
x = digits.images[..., None].astype("float32") / 16.0
y = digits.target
low, high = np.flatnonzero(y < 5), np.flatnonzero(y >= 5)

backbone = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(24, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
    ],
    name="backbone",
)
first = keras.Sequential([backbone, layers.Dense(5, activation="softmax")])
first.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
first.fit(x[low], y[low], epochs=8, batch_size=32, verbose=2)

backbone.trainable = False
inputs = keras.Input((8, 8, 1))
outputs = layers.Dense(5, activation="softmax")(backbone(inputs, training=False))
second = keras.Model(inputs, outputs)
second.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
train, test = high[:700], high[700:]
second.fit(x[train], y[train] - 5, epochs=15, batch_size=32, validation_data=(x[test], y[test] - 5), verbose=2)
print("metric", "accuracy", second.evaluate(x[test], y[test] - 5, verbose=0)[1])
