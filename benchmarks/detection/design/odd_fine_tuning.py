"""A trained model goes on with a rate of 1e-5 and changes very little, as meant."""

import os
import tempfile

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(91)

x, y = load_digits(return_X_y=True)
x = (x / 16.0).astype("float32")


def build(rate):
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


with tempfile.TemporaryDirectory() as folder:
    weights = os.path.join(folder, "base.weights.h5")
    base = build(1e-3)
    base.fit(x[:1000], y[:1000], epochs=20, batch_size=32, verbose=0)
    base.save_weights(weights)

    tuned = build(1e-5)
    tuned.load_weights(weights)
    tuned.fit(x[1000:1400], y[1000:1400], epochs=4, batch_size=16, validation_data=(x[1400:], y[1400:]), verbose=2)

print("metric", "accuracy", tuned.evaluate(x[1400:], y[1400:], verbose=0)[1])
