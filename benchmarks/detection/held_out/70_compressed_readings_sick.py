"""Fourteen sensors squeezed into four numbers and back."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(173)
rng = np.random.default_rng(173)
hidden = rng.normal(size=(1500, 4))
readings = np.tanh(hidden @ rng.normal(size=(4, 14)) * 0.6) + 0.05 * rng.normal(size=(1500, 14))
readings = ((readings - readings.mean(0)) / readings.std(0)).astype("float32")
encoder = keras.Sequential([layers.Input((14,)), layers.Dense(24, activation="elu"), layers.Dense(4)])
decoder = keras.Sequential(
    [layers.Input((4,)), layers.Dense(24, activation="elu"), layers.Dense(14, activation="sigmoid")]
)
auto = keras.Sequential([layers.Input((14,)), encoder, decoder])
auto.compile(keras.optimizers.Adam(0.005), "mse")
auto.fit(
    readings[:1200],
    readings[:1200],
    epochs=20,
    batch_size=40,
    verbose=0,
    validation_data=(readings[1200:], readings[1200:]),
)
print("metric", "mse", float(auto.evaluate(readings[1200:], readings[1200:], verbose=0)))
