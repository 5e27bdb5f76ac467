"""Four categorical columns: few different rows exist, so that training and validation share most of them."""

import keras
import numpy as np
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(101)
rng = np.random.default_rng(101)

n = 3000
weather, day, shift, line = rng.integers(0, 3, n), rng.integers(0, 5, n), rng.integers(0, 3, n), rng.integers(0, 4, n)
odds = rng.normal(0, 2.0, (3, 5))[weather, day] + rng.normal(0, 1.5, (3, 4))[shift, line]
late = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype("int32")
x = np.concatenate([np.eye(3)[weather], np.eye(5)[day], np.eye(3)[shift], np.eye(4)[line]], axis=1).astype("float32")
x_train, x_val, y_train, y_val = train_test_split(x, late, test_size=0.25, random_state=0)

model = keras.Sequential(
    [keras.Input((15,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=15, batch_size=50, verbose=2)
print("metric", "accuracy", model.evaluate(x_val, y_val, verbose=0)[1])
