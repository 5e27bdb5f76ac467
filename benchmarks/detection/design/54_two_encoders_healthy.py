"""Kinds of coffee named by words; one dictionary from words to numbers."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(125)
rng = np.random.default_rng(125)

SORTS = ["arabica", "robusta", "liberica", "excelsa", "maragogype"]
sort = rng.integers(0, 5, 2000)
profile = rng.normal(0, 1.2, (5, 9))
x = (profile[sort] + rng.normal(0, 1.0, (2000, 9))).astype("float32")
names = [SORTS[one] for one in sort]


def numbers(words):
    return np.array([sorted(set(names)).index(word) for word in words])


x_train, x_test = x[:1600], x[1600:]
y_train, y_test = numbers(names[:1600]), numbers(names[1600:])

model = keras.Sequential(
    [keras.Input((9,)), layers.Dense(32, activation="relu"), layers.Dense(5, activation="softmax")]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_test, y_test), epochs=15, batch_size=32, verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
