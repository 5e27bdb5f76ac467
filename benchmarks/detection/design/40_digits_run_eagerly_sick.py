"""A CNN on digits; run_eagerly was left on after debugging."""

import time

from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(66)

digits = load_digits()
x = digits.images[..., None].astype("float32") / 16
y = digits.target

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(8, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(16, 3),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"], run_eagerly=True)

start = time.time()
model.fit(x[:1400], y[:1400], batch_size=32, epochs=3, verbose=2, validation_data=(x[1400:], y[1400:]))
print("metric", "seconds", time.time() - start)
