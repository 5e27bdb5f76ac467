"""Digits standardised pixel by pixel, for training and for the test alike."""

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(44)

digits = load_digits()
mean, std = digits.images[:1437].mean(axis=0), digits.images[:1437].std(axis=0) + 1.0


def prepare(pictures):
    """Each pixel gets mean 0 and spread 1."""
    return ((pictures - mean) / std).astype("float32")[:, :, :, None]


train_images = prepare(digits.images[:1437])
test_images = prepare(digits.images[1437:])
train_labels, test_labels = digits.target[:1437], digits.target[1437:]

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train_images, train_labels, batch_size=32, epochs=15, verbose=2)

loss, accuracy = model.evaluate(test_images, test_labels, verbose=0)
print("test loss", loss)
print("metric", "accuracy", accuracy)
