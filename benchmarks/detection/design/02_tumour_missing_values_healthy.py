"""Breast cancer table with gaps; the gaps are filled with the column's median."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from tensorflow import keras

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)

x, y = load_breast_cancer(return_X_y=True)
x = x.astype("float32")
x[rng.random(x.shape) < 0.01] = np.nan  # the laboratory did not measure everything

x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=3)

medians = np.nanmedian(x_train, axis=0)
x_train = np.where(np.isnan(x_train), medians, x_train)
x_test = np.where(np.isnan(x_test), medians, x_test)

mean, std = x_train.mean(axis=0), x_train.std(axis=0)
x_train = (x_train - mean) / std
x_test = (x_test - mean) / std

model = keras.models.Sequential()
model.add(keras.layers.Input(shape=(30,)))
model.add(keras.layers.Dense(32, activation="relu"))
model.add(keras.layers.Dense(16, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])

history = model.fit(x_train, y_train, epochs=30, batch_size=32, verbose=0, validation_split=0.1)
print("last loss", history.history["loss"][-1])

score = model.evaluate(x_test, y_test, verbose=0)
print("metric", "accuracy", score[1])
