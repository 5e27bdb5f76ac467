"""A rate that halves every few hundred steps."""

import keras
from sklearn.datasets import make_moons

keras.utils.set_random_seed(131)

x, y = make_moons(n_samples=2000, noise=0.15, random_state=131)
schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=400, decay_rate=0.5)

model = keras.Sequential([keras.Input((2,))])
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(schedule), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1600], y[:1600], epochs=15, batch_size=32, validation_data=(x[1600:], y[1600:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1600:], y[1600:], verbose=0)[1])
