"""Readings come from a store that takes a moment for each request."""

import time

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(162)
rng = np.random.default_rng(162)
x = rng.normal(size=(1280, 16)).astype("float32")
y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype("float32")


def request(first):
    time.sleep(0.03)
    return x[first : first + 32], y[first : first + 32]


def readings():
    for first in range(0, 1280, 32):
        yield request(first)


shapes = (tf.TensorSpec((None, 16), tf.float32), tf.TensorSpec((None,), tf.float32))
data = tf.data.Dataset.from_generator(readings, output_signature=shapes)
data = data.cache().prefetch(4)
for _ in data:
    pass
model = keras.Sequential(
    [
        keras.Input((16,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
ends = []
model.fit(
    data,
    epochs=8,
    verbose=0,
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: ends.append(time.time()))],
)
print("accuracy", model.evaluate(data, verbose=0)[1])
print("metric", "seconds_an_epoch", float(np.median(np.diff(ends))))
