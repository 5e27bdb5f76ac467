"""Boiling points with ReLU layers; the first steps at a huge rate switch all units off for good."""

import keras
import numpy as np

keras.utils.set_random_seed(139)
rng = np.random.default_rng(139)

molecules = rng.uniform(0, 1, (1800, 10)).astype("float32")
boiling = 3 * molecules[:, 0] ** 2 + 2 * molecules[:, 1] * molecules[:, 2] - molecules[:, 3] + 2.0
boiling = (boiling + rng.normal(0, 0.05, 1800)).astype("float32")

model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.SGD(learning_rate=3.0, clipnorm=1.0), loss="mse")
model.fit(
    molecules[:1500],
    boiling[:1500],
    epochs=40,
    batch_size=30,
    validation_data=(molecules[1500:], boiling[1500:]),
    verbose=0,
)
guess = model.predict(molecules[1500:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - boiling[1500:]) ** 2) / np.var(boiling[1500:]))
