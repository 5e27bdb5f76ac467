"""Targets in the hundreds, not scaled, and a rate that gets there."""

import keras
import numpy as np
from sklearn.datasets import make_friedman1

keras.utils.set_random_seed(88)

x, y = make_friedman1(n_samples=2500, n_features=7, noise=0.5, random_state=88)
x = ((x - 0.5) * 3.4).astype("float32")
y = 20.0 * y + 50.0

model = keras.Sequential(
    [
        keras.Input((7,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.fit(x[:2000], y[:2000], epochs=25, batch_size=32, validation_data=(x[2000:], y[2000:]), verbose=0)
guess = model.predict(x[2000:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[2000:]) ** 2) / np.var(y[2000:]))
