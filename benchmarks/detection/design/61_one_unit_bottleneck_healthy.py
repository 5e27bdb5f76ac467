"""A bumpy surface with two layers of 64."""

import keras
import numpy as np

keras.utils.set_random_seed(134)
rng = np.random.default_rng(134)

place = rng.uniform(-1, 1, (3000, 2)).astype("float32")
height = np.sin(3 * place[:, 0]) * np.cos(3 * place[:, 1]) + rng.normal(0, 0.05, 3000)

model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(64, activation="tanh"),
        keras.layers.Dense(64, activation="tanh"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse", metrics=["mae"])
model.fit(
    place[:2400], height[:2400], epochs=20, batch_size=40, validation_data=(place[2400:], height[2400:]), verbose=0
)
guess = model.predict(place[2400:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - height[2400:]) ** 2) / np.var(height[2400:]))
