"""A straight line through noise: after two epochs the loss stands at the noise and stays there."""

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(83)
rng = np.random.default_rng(83)

x = rng.normal(size=(2000, 3)).astype("float32")
y = (x @ [1.5, -2.0, 0.7] + 0.4 + rng.normal(0, 0.5, 2000)).astype("float32")

model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
model.fit(x[:1600], y[:1600], validation_data=(x[1600:], y[1600:]), epochs=30, batch_size=32, verbose=0)
print("weights", model.layers[-1].get_weights())
guess = model.predict(x[1600:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[1600:]) ** 2) / np.var(y[1600:]))
