"""Tomorrow's demand out of the last days, an LSTM."""

import keras
import numpy as np

keras.utils.set_random_seed(82)
rng = np.random.default_rng(82)
day = np.arange(1500)
demand = np.cumsum(rng.normal(0, 0.15, 1500)) * 0.1 + np.sin(2 * np.pi * day / 7) + 0.3 * rng.normal(size=1500)
demand = ((demand - demand.mean()) / demand.std()).astype("float32")
lag = 14
X = np.stack([demand[i : i + lag] for i in range(1500 - lag)])[..., None]
y = demand[lag:]

model = keras.Sequential([keras.Input((lag, 1)), keras.layers.LSTM(24), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
model.fit(X[:1100], y[:1100], validation_data=(X[1100:1250], y[1100:1250]), epochs=10, batch_size=32, verbose=0)
ahead = demand[lag + 1250 :]
p = model.predict(X[1250:], verbose=0)[:, 0][: len(ahead)]
print("metric", "r2_ahead", float(1 - np.mean((p - ahead) ** 2) / ahead.var()))
