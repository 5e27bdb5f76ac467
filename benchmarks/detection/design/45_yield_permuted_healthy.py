"""Harvest per field from weather and soil; tables joined by field."""

import keras
import numpy as np
import pandas as pd

keras.utils.set_random_seed(73)
rng = np.random.default_rng(73)

fields = pd.DataFrame(rng.normal(size=(1500, 7)), columns=["sun", "rain", "wind", "clay", "sand", "lime", "slope"])
tonnes = np.tanh(fields.sun) + 0.6 * fields.rain - 0.4 * fields.rain**2 + 0.5 * fields.clay * fields.lime
tonnes += rng.normal(0, 0.15, 1500)
harvest = tonnes.sample(frac=1.0, random_state=1)  # as the harvesters came home
harvest = harvest.loc[fields.index]

x, y = fields.to_numpy("float32"), harvest.to_numpy("float32")
y = (y - y.mean()) / y.std()

model = keras.Sequential([keras.Input((7,))])
model.add(keras.layers.Dense(64, activation="relu"))
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dense(1))
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
model.fit(x, y, validation_split=0.2, epochs=25, batch_size=32, verbose=0)

guess = model.predict(x[1200:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[1200:]) ** 2) / np.var(y[1200:]))
