"""A series in the order of time, not shuffled on purpose, the last fifth for validation."""

import keras
import numpy as np

keras.utils.set_random_seed(104)
rng = np.random.default_rng(104)

t = np.arange(2600)
load = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 168) + 0.0004 * t + rng.normal(0, 0.1, len(t))
load = (load - load[:2000].mean()) / load[:2000].std()
windows = np.lib.stride_tricks.sliding_window_view(load, 25).astype("float32")
x, y = windows[:, :24, None], windows[:, 24]

model = keras.Sequential([keras.Input((24, 1)), keras.layers.GRU(16), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="mse")
model.fit(x[:2000], y[:2000], validation_data=(x[2000:], y[2000:]), epochs=8, batch_size=32, shuffle=False, verbose=2)
guess = model.predict(x[2000:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[2000:]) ** 2) / np.var(y[2000:]))
