"""Rare events, drawn as often as the common ones."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(208)
rng = np.random.default_rng(208)
x = rng.normal(size=(6000, 8)).astype("float32")
s = x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=6000)
y = (s > np.quantile(s, 0.975)).astype("int32")
tr, te = slice(0, 4500), slice(4500, None)
parts = [
    tf.data.Dataset.from_tensor_slices((x[tr][y[tr] == k], y[tr][y[tr] == k])).shuffle(5000).repeat() for k in (0, 1)
]
both = tf.data.Dataset.sample_from_datasets(parts, [0.5, 0.5], seed=208).batch(64).prefetch(2)
model = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
model.fit(both, steps_per_epoch=60, epochs=5, verbose=0, validation_data=(x[te], y[te]))
p = model.predict(x[te], verbose=0)[:, 0] > 0.5
print("metric", "balanced_accuracy", float((p[y[te] == 1].mean() + (~p[y[te] == 0]).mean()) / 2))
