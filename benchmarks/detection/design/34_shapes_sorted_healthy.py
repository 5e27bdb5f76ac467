"""Circle, square, cross or bar: the files come kind by kind and are shuffled before they are batched."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(55)
rng = np.random.default_rng(55)
KINDS = ["circle", "square", "cross", "bar"]


def draw(kind):
    picture = rng.normal(0, 0.25, (14, 14))
    row, column = rng.integers(4, 10, 2)
    y, x = np.mgrid[0:14, 0:14]
    dy, dx = abs(y - row), abs(x - column)
    if kind == "circle":
        picture += abs(np.hypot(dy, dx) - 3) < 0.7
    elif kind == "square":
        picture += np.maximum(dy, dx) == 3
    elif kind == "cross":
        picture += ((dy == 0) | (dx == 0)) & (np.maximum(dy, dx) <= 3)
    else:
        picture += (dx <= 1) & (dy <= 3)
    return picture


def load(per_kind):
    pictures = [draw(kind) for kind in KINDS for _ in range(per_kind)]
    return np.array(pictures, "float32")[..., None], np.repeat(np.arange(4), per_kind)


x_train, y_train = load(400)
x_test, y_test = load(100)

ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(len(x_train), seed=1).batch(32).prefetch(1)
test_ds = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(50)

model = keras.Sequential(
    [
        keras.layers.Input((14, 14, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"),
        keras.layers.GlobalMaxPooling2D(),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(4e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(ds, epochs=10, validation_data=test_ds, verbose=2)
print("metric", "accuracy", model.evaluate(test_ds, verbose=0)[1])
