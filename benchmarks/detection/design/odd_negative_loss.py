"""A likelihood as the loss: it goes below zero and goes on falling."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(98)
rng = np.random.default_rng(98)

x = rng.uniform(-1, 1, (2500, 2)).astype("float32")
y = (0.5 * np.sin(3 * x[:, 0]) + rng.normal(0, 0.02 + 0.1 * (x[:, 1] > 0), 2500)).astype("float32")[:, None]


def negative_log_likelihood(truth, guess):
    mean, log_std = guess[:, :1], guess[:, 1:]
    return tf.reduce_mean(0.5 * tf.square((truth - mean) * tf.exp(-log_std)) + log_std + 0.919)


model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(48, activation="tanh"), keras.layers.Dense(2)])
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss=negative_log_likelihood)
model.fit(x[:2000], y[:2000], epochs=30, batch_size=40, validation_data=(x[2000:], y[2000:]), verbose=0)
print("metric", "negative_log_likelihood", model.evaluate(x[2000:], y[2000:], verbose=0))
