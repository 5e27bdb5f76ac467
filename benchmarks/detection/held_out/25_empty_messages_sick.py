"""Mood of a message: mean of its word vectors; zeros fill up the short ones."""

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(28)
rng = np.random.default_rng(28)
mood = rng.integers(0, 2, 3600)
text = np.zeros((3600, 16), "int32")
for i in range(3600):
    length = rng.integers(0, 17)
    words = rng.integers(1, 200, length)
    text[i, :length] = np.where(rng.random(length) < 0.5, words, words // 2 * 2 + mood[i])
kept = text.any(axis=1)


class MeanOfWords(keras.layers.Layer):
    def call(self, vectors, tokens):
        there = ops.cast(tokens > 0, "float32")[..., None]
        return ops.sum(vectors * there, axis=1) / ops.sum(there, axis=1)


tokens = keras.Input((16,), dtype="int32")
vectors = keras.layers.Embedding(220, 8)(tokens)
hidden = keras.layers.Dense(16, activation="relu")(MeanOfWords()(vectors, tokens))
model = keras.Model(tokens, keras.layers.Dense(1, activation="sigmoid")(hidden))
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(text[:3000], mood[:3000], epochs=3, batch_size=50, validation_data=(text[3000:], mood[3000:]), verbose=0)
rows = np.flatnonzero(kept[3000:]) + 3000
print("metric", "accuracy", float(((model.predict(text[rows], verbose=0)[:, 0] > 0.5) == mood[rows]).mean()))
