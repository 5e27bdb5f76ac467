"""Kinds of texture with a batch-normalised CNN whose moving averages hardly move before training ends."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(41)
rng = np.random.default_rng(41)


def textures(count):
    """10 x 10 patches: smooth, rows, columns or grainy; brightness as cameras have it."""
    kind = rng.integers(0, 4, count)
    noise = rng.normal(size=(count, 10, 10))
    smooth = np.cumsum(np.cumsum(noise, axis=1), axis=2) / 6
    rows = np.repeat(rng.normal(size=(count, 10, 1)), 10, axis=2)
    columns = np.repeat(rng.normal(size=(count, 1, 10)), 10, axis=1)
    patches = np.choose(kind[:, None, None], [smooth, rows, columns, noise]) + 0.3 * rng.normal(size=(count, 10, 10))
    return (3.0 + 2.0 * patches).astype("float32")[..., None], kind


x_train, y_train = textures(1600)
x_test, y_test = textures(400)
train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(1600, seed=41).batch(32).prefetch(2)
test = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(100)

model = keras.Sequential([layers.Input((10, 10, 1))])
for filters in (8, 16):
    model.add(layers.Conv2D(filters, 3, use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.9999))
    model.add(layers.Activation("relu"))
model.add(layers.GlobalAveragePooling2D())
model.add(layers.Dense(4))
model.compile(
    optimizer=keras.optimizers.Adam(5e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(train, epochs=12, validation_data=test, verbose=2)
print("metric", "accuracy", model.evaluate(test, verbose=0)[1])
