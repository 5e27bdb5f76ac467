"""Odd or even digit by transfer from the digits' names: the whole model is frozen, the new head with it."""

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(130)

x, y = load_digits(return_X_y=True)
x = (x / 16.0).astype("float32")
odd = y % 2

body = [keras.layers.Dense(128, activation="relu"), keras.layers.Dense(64, activation="relu")]
named = keras.Sequential([keras.Input((64,)), *body, keras.layers.Dense(10, activation="softmax")])
named.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
named.fit(x[:1400], y[:1400], epochs=6, batch_size=32, verbose=0)

model = keras.Sequential([keras.Input((64,)), *body, keras.layers.Dense(1, activation="sigmoid")])
for layer in model.layers:
    layer.trainable = False
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:1400], odd[:1400], epochs=8, batch_size=32, validation_data=(x[1400:], odd[1400:]), verbose=2)
print("metric", "accuracy", model.evaluate(x[1400:], odd[1400:], verbose=0)[1])
