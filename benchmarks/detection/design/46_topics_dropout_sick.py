"""Topics of short texts; dropout of 0.95 before and after the hidden layer."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(75)
rng = np.random.default_rng(75)

topics, words, length, n = 8, 400, 30, 2400
topic = rng.integers(0, topics, n)
texts = rng.integers(0, words, (n, length))
own = rng.random((n, length)) < 0.2
texts = np.where(own, topic[:, None] * 20 + rng.integers(0, 20, (n, length)), texts)

model = keras.Sequential(
    [
        layers.Input((length,)),
        layers.Embedding(words, 24),
        layers.GlobalAveragePooling1D(),
        layers.Dropout(0.95),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.95),
        layers.Dense(topics, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(texts[:2000], topic[:2000], validation_data=(texts[2000:], topic[2000:]), epochs=15, batch_size=50, verbose=2)
print("metric", "accuracy", model.evaluate(texts[2000:], topic[2000:], verbose=0)[1])
