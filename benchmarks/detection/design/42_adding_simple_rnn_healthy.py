"""The adding of two marked numbers with a recurrent network, gradients clipped."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(70)
rng = np.random.default_rng(70)

length = 16
numbers = rng.uniform(0, 1, (3000, length))
marks = np.zeros((3000, length))
for row in marks:
    row[rng.integers(0, length // 2)] = 1
    row[rng.integers(length // 2, length)] = 1
x = np.stack([numbers, marks], axis=-1).astype("float32")
y = (numbers * marks).sum(axis=1).astype("float32") - 1.0

model = keras.Sequential(
    [
        keras.Input((length, 2)),
        layers.SimpleRNN(32, activation="relu", recurrent_initializer="identity"),
        layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.02, momentum=0.9, clipnorm=0.5), loss="mse")
model.fit(x[:2500], y[:2500], epochs=20, batch_size=50, validation_data=(x[2500:], y[2500:]), verbose=2)

guess = model.predict(x[2500:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y[2500:]) ** 2) / np.var(y[2500:]))
