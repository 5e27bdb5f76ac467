"""Tomorrow's temperature from a week of weather, linear output."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(126)
rng = np.random.default_rng(126)

days = np.arange(2600)
season = -np.cos(2 * np.pi * days / 365)
warm = np.zeros(2600)
for day in range(1, 2600):
    warm[day] = 0.85 * warm[day - 1] + rng.normal(0, 0.35)
celsius = (season + warm).astype("float32")
wind = rng.normal(size=2600).astype("float32")
weather = np.stack([celsius, wind, season.astype("float32")], axis=1)
x = np.stack([weather[day - 7 : day] for day in range(7, 2600)])
y = celsius[7:]

train = tf.data.Dataset.from_tensor_slices((x[:2000], y[:2000])).shuffle(2000, seed=5).batch(40).prefetch(1)
model = keras.Sequential(
    [
        layers.Input((7, 3)),
        layers.Conv1D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(16, activation="relu"),
        layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse", metrics=["mae"])
model.fit(train, epochs=12, validation_data=(x[2000:], y[2000:]), verbose=2)
guess = model.predict(x[2000:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[2000:]) ** 2) / np.var(y[2000:]))
