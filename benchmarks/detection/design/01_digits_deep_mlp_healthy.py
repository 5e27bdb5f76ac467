"""Handwritten digits with a deep fully connected network of ReLU layers."""

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(1)

digits = load_digits()
x = (digits.data / 16.0).astype("float32")
y = digits.target
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)

model = keras.Sequential([keras.Input((64,))])
for _ in range(9):
    model.add(keras.layers.Dense(64, activation="relu"))
model.add(keras.layers.Dense(10, activation="softmax"))

model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=20, batch_size=32, validation_data=(x_test, y_test), verbose=2)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print("predicted classes", np.bincount(model.predict(x_test, verbose=0).argmax(axis=1), minlength=10))
print("metric", "accuracy", accuracy)
