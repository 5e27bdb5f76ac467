"""Sentiment of made-up reviews with an embedding and a GRU; plain gradient descent at a rate of 1e-5."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)

vocabulary, length, rows = 300, 24, 2400
good, bad = np.arange(10, 40), np.arange(40, 70)

reviews = rng.integers(70, vocabulary, (rows, length))
sentiment = rng.integers(0, 2, rows)
for i in range(rows):
    places = rng.choice(length, 4, replace=False)
    reviews[i, places] = rng.choice(good if sentiment[i] else bad, 4)

x_train, y_train = reviews[:2000], sentiment[:2000]
x_test, y_test = reviews[2000:], sentiment[2000:]

inputs = keras.Input(shape=(length,), dtype="int32")
h = layers.Embedding(vocabulary, 16)(inputs)
h = layers.GRU(16)(h)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs)

model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-5), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=64, epochs=8, validation_data=(x_test, y_test), verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
