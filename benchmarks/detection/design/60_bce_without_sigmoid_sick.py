"""Spam or not from word counts; a linear output under a loss that expects probabilities."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(133)
rng = np.random.default_rng(133)

spam = rng.integers(0, 2, 2400)
rates = np.where(spam[:, None] == 1, rng.uniform(0.1, 1.2, 30), rng.uniform(0.1, 1.2, 30))
counts = np.log1p(rng.poisson(rates)).astype("float32")

model = keras.Sequential(
    [layers.Input((30,)), layers.Dense(32, activation="relu"), layers.Dense(16, activation="relu"), layers.Dense(1)]
)
model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy())
model.fit(counts[:2000], spam[:2000], epochs=12, batch_size=32, verbose=2)
logit = model.predict(counts[2000:], verbose=0)[:, 0]
print("metric", "accuracy", np.mean((logit > 0) == spam[2000:]))
