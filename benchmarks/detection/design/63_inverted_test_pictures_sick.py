"""Printed letters, dark on light in training, light on dark in validation."""

import keras
import numpy as np

keras.utils.set_random_seed(136)
rng = np.random.default_rng(136)

SHAPES = {
    "L": ["10000", "10000", "10000", "10000", "11111"],
    "T": ["11111", "00100", "00100", "00100", "00100"],
    "X": ["10001", "01010", "00100", "01010", "10001"],
    "O": ["01110", "10001", "10001", "10001", "01110"],
    "H": ["10001", "10001", "11111", "10001", "10001"],
}
masks = np.array([[[int(c) for c in row] for row in shape] for shape in SHAPES.values()], "float32")
sorts = rng.integers(0, 5, 1500)
letters = np.ones((1500, 9, 9), "float32")
for i in range(1500):
    down, right = rng.integers(0, 5, 2)
    letters[i, down : down + 5, right : right + 5] -= 0.9 * masks[sorts[i]]
letters = np.clip(letters + rng.normal(0, 0.08, letters.shape), 0, 1).astype("float32")[..., None]

training, validation = (letters[:1200], sorts[:1200]), (1.0 - letters[1200:], sorts[1200:])

model = keras.Sequential(
    [
        keras.Input((9, 9, 1)),
        keras.layers.Conv2D(16, 5, activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(5, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(*training, validation_data=validation, epochs=12, batch_size=32, verbose=2)
print("metric", "val_accuracy", history.history["val_accuracy"][-1])
