"""Counts of visitors under a Poisson loss, from a generator."""

import keras
import numpy as np

keras.utils.set_random_seed(116)
rng = np.random.default_rng(116)

x = rng.normal(size=(3000, 5)).astype("float32")
visitors = rng.poisson(np.exp(1.2 + 0.8 * x[:, 0] - 0.5 * x[:, 1] + 0.3 * x[:, 2] * x[:, 3]).clip(0, 60)).astype(
    "float32"
)


def batches():
    while True:
        rows = rng.integers(0, 2500, 50)
        yield x[rows], visitors[rows, None]


model = keras.Sequential(
    [keras.Input((5,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="exponential")]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="poisson")
model.fit(batches(), steps_per_epoch=50, epochs=12, validation_data=(x[2500:], visitors[2500:, None]), verbose=2)
guess = model.predict(x[2500:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - visitors[2500:]) ** 2) / np.var(visitors[2500:]))
