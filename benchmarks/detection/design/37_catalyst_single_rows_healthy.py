"""Yield of a reaction, momentum and batches of 32."""

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(61)
rng = np.random.default_rng(61)
BATCH = 32

conditions = rng.uniform(-1, 1, (1500, 5)).astype("float32")
clean = np.sin(2 * conditions[:, 0]) + conditions[:, 1] * conditions[:, 2] + 0.5 * conditions[:, 3]
gain = clean + rng.normal(0, 0.6, 1500)
x, y = conditions[:1200], gain[:1200].astype("float32")
x_test, clean_test = conditions[1200:], clean[1200:]

model = keras.Sequential(
    [
        keras.layers.Input((5,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.SGD(0.02, momentum=0.9), loss="mean_squared_error")

for step in range(1200):
    rows = rng.choice(len(x), BATCH, replace=False)
    loss = model.train_on_batch(x[rows], y[rows])
    if step % 200 == 0:
        print("step", step, "loss", loss)

guess = model.predict(x_test, verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - clean_test) ** 2) / np.var(clean_test))
