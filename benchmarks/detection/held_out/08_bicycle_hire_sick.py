"""Hires an hour out of weather and time."""

import keras
import numpy as np
import pandas as pd

keras.utils.set_random_seed(13)
gen = np.random.default_rng(13)
frame = pd.DataFrame(
    {"hour": gen.integers(0, 24, 1500), "temp": gen.normal(14, 7, 1500), "rain": gen.exponential(1.0, 1500)}
)
frame["hires"] = (
    30
    + 25 * np.exp(-(((frame.hour - 8) / 3) ** 2))
    + 35 * np.exp(-(((frame.hour - 17) / 3) ** 2))
    + 1.5 * frame.temp
    - 4 * frame.rain
    + gen.normal(0, 4, 1500)
)
features = frame[["hour", "temp", "rain"]]
features = ((features - features.mean()) / features.std()).to_numpy("float32")
hires = frame["hires"].to_numpy("float32") / 10

model = keras.Sequential(
    [
        keras.Input((3,)),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
model.fit(
    features[:1200], hires[:1200], validation_data=(features[1200:], hires[1200:]), epochs=30, batch_size=32, verbose=0
)
guess = model.predict(features[1200:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - hires[1200:]) ** 2) / np.var(hires[1200:]))
