"""Tomorrow's demand from the last two weeks."""

import keras
import numpy as np

keras.utils.set_random_seed(137)
rng = np.random.default_rng(137)

t = np.arange(1200)
demand = np.sin(2 * np.pi * t / 7) + 0.5 * np.sin(2 * np.pi * t / 30) + rng.normal(0, 0.2, 1200)
demand = demand.astype("float32")
x, y = [], []
for day in range(14, 1000):
    x.append(demand[day - 14 : day])
    y.append(demand[day])
x, y = np.array(x)[..., None], np.array(y)

model = keras.Sequential(
    [
        keras.Input((14, 1)),
        keras.layers.Conv1D(16, 5, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
model.fit(x, y, validation_split=0.2, epochs=25, batch_size=32, verbose=0)

asked = np.stack([demand[day - 14 : day] for day in range(1000, 1199)])[..., None]
guess = model.predict(asked, verbose=0)[:, 0]
truth = demand[1000:1199]
print("metric", "r2", 1 - np.mean((guess - truth) ** 2) / np.var(truth))
