"""First the head alone, then all layers at a tenth of the rate: compiled and fitted twice."""

import keras
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(112)

x, y = load_digits(return_X_y=True)
x = (x / 16.0).astype("float32")
train, val = slice(0, 1400), slice(1400, None)

body = keras.Sequential([keras.Input((64,)), layers.Dense(128, activation="relu"), layers.Dense(64, activation="relu")])
model = keras.Sequential([keras.Input((64,)), body, layers.Dense(10, activation="softmax")])

body.trainable = False
model.compile(keras.optimizers.Adam(1e-2), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[train], y[train], epochs=5, batch_size=32, validation_data=(x[val], y[val]), verbose=2)

body.trainable = True
model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[train], y[train], epochs=8, batch_size=32, validation_data=(x[val], y[val]), verbose=2)
print("metric", "accuracy", model.evaluate(x[val], y[val], verbose=0)[1])
