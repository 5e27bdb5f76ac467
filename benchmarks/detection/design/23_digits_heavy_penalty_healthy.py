"""Digits with a light weight penalty."""

import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow.keras import layers, regularizers

tf.keras.utils.set_random_seed(16)
PENALTY = 1e-4

data = load_digits()
x_train, x_test, y_train, y_test = train_test_split(
    data.images[..., None].astype("float32") / 16.0, data.target, test_size=0.25, random_state=2
)

model = tf.keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu", kernel_regularizer=regularizers.l2(PENALTY)),
        layers.MaxPool2D(),
        layers.Flatten(),
        layers.Dense(64, activation="relu", kernel_regularizer=regularizers.l2(PENALTY)),
        layers.Dense(10, activation="softmax", kernel_regularizer=regularizers.l2(PENALTY)),
    ]
)
model.compile(optimizer=tf.keras.optimizers.Adam(2e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=12, validation_data=(x_test, y_test), verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
