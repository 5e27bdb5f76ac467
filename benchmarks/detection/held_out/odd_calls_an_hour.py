"""Counts with an exponential at the end and Poisson's loss."""

import keras
import numpy as np

keras.utils.set_random_seed(221)
rng = np.random.default_rng(221)
x = rng.uniform(-1, 1, (1500, 4)).astype("float32")
mean = np.exp(1.0 + x[:, 0] + 0.8 * x[:, 1] * x[:, 2])
calls = rng.poisson(mean).astype("float32")
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="exponential")]
)
model.compile(keras.optimizers.Adam(0.01), "poisson")
model.fit(x[:1200], calls[:1200], epochs=20, batch_size=40, validation_data=(x[1200:], calls[1200:]), verbose=0)
p = model.predict(x[1200:], verbose=0)[:, 0]
print("metric", "r2_of_mean", 1 - float(np.mean((p - mean[1200:]) ** 2) / mean[1200:].var()))
