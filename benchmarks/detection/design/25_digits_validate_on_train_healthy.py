"""Handwritten digits; the validation pictures are cut off before training."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(29)

bunch = load_digits()
order = np.random.default_rng(29).permutation(len(bunch.target))
images = (bunch.images[order] / 16).astype("float32")[..., np.newaxis]
labels = bunch.target[order]


def dataset(x, y):
    return tf.data.Dataset.from_tensor_slices((x, y)).cache().shuffle(1000, seed=29).batch(32).prefetch(1)


validation = tf.data.Dataset.from_tensor_slices((images[:200], labels[:200])).batch(100)
train = dataset(images[200:500], labels[200:500])

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=validation, epochs=40, verbose=2)

claimed = model.evaluate(validation, verbose=0)[1]
later = np.mean(model.predict(images[500:], verbose=0).argmax(axis=1) == labels[500:])
print("claimed", claimed, "on later pictures", later)
print("metric", "claim_minus_truth", claimed - later)
