"""Gestures from twelve angles through ten layers, each batch-normalised."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(71)
rng = np.random.default_rng(71)

gestures = rng.integers(0, 5, 2000)
poses = rng.normal(0, 1, (5, 12))
angles = (poses[gestures] + rng.normal(0, 0.6, (2000, 12))).astype("float32")

model = keras.Sequential([keras.Input((12,))])
for _ in range(10):
    model.add(layers.Dense(24, kernel_initializer="random_normal"))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation("relu"))
model.add(layers.Dense(5, activation="softmax"))

model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    angles[:1600],
    gestures[:1600],
    epochs=15,
    batch_size=64,
    validation_data=(angles[1600:], gestures[1600:]),
    verbose=2,
)
print("metric", "accuracy", model.evaluate(angles[1600:], gestures[1600:], verbose=0)[1])
