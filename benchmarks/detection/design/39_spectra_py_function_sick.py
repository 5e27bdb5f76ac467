"""Kinds of spectra read through tf.data; the slow reading is done again for every row of every epoch."""

import time

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(64)
rng = np.random.default_rng(64)

kinds = rng.integers(0, 4, 800)
centres = np.array([20, 35, 50, 65])
axis = np.arange(90)
spectra = np.exp(-(((axis[None] - centres[kinds][:, None] - rng.normal(0, 2, (800, 1))) / 5.0) ** 2))
spectra += rng.normal(0, 0.3, spectra.shape)


def from_disk(index):
    """A slow disk: two milliseconds a spectrum."""
    time.sleep(0.002)
    return spectra[index].astype("float32"), kinds[index]


def read(index):
    spectrum, kind = tf.numpy_function(from_disk, [index], [tf.float32, tf.int64])
    return tf.ensure_shape(spectrum, (90,))[:, None], tf.ensure_shape(kind, ())


train = tf.data.Dataset.range(640).map(read).shuffle(640, seed=0).batch(32)
test = tf.data.Dataset.range(640, 800).map(read).batch(32)

model = keras.Sequential(
    [
        keras.layers.Input((90, 1)),
        keras.layers.Conv1D(8, 9, strides=3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
model.fit(train, epochs=5, verbose=2)
seconds = time.perf_counter() - began
print("accuracy", model.evaluate(test, verbose=0)[1])
print("metric", "seconds", seconds)
