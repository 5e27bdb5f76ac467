"""Next letter of a noisy chain: half of the letters cannot be foreseen, and the model knows the rest."""

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(111)
rng = np.random.default_rng(111)

letters = 20
follows = rng.permutation(letters)
text = [0]
for _ in range(22000):
    text.append(int(follows[text[-1]]) if rng.random() < 0.5 else int(rng.integers(0, letters)))
text = np.array(text)
windows = np.lib.stride_tricks.sliding_window_view(text, 11)[::7]
x, y = windows[:, :10], windows[:, 1:]

model = keras.Sequential(
    [
        keras.layers.Input((10,)),
        keras.layers.Embedding(letters, 16),
        keras.layers.GRU(24, return_sequences=True),
        keras.layers.Dense(letters, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:2600], y[:2600], epochs=8, batch_size=50, validation_data=(x[2600:], y[2600:]), verbose=2)
print("metric", "accuracy", model.evaluate(x[2600:], y[2600:], verbose=0)[1])
