"""Pixels from 0 to 255 go in; the model's first layers flip them at random and rescale them."""

import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(105)

digits = load_digits()
images = (digits.images * 255 / 16).astype("uint8")[..., None]
train = (
    tf.data.Dataset.from_tensor_slices((images[:1400], digits.target[:1400]))
    .cache()
    .shuffle(1400)
    .batch(32)
    .prefetch(1)
)
test = tf.data.Dataset.from_tensor_slices((images[1400:], digits.target[1400:])).batch(64)

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Rescaling(1.0 / 255),
        layers.RandomTranslation(0.1, 0.1),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=test, epochs=12, verbose=2)
print("metric", "accuracy", model.evaluate(test, verbose=0)[1])
