"""Digits with a loss of one's own; a fully confident answer makes a logarithm infinite."""

import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(124)

x, y = load_digits(return_X_y=True)
x = x.astype("float32") / 8.0 - 1.0
y = keras.utils.to_categorical(y, 10)


def cross_entropy(truth, guess):
    return -tf.reduce_mean(truth * tf.math.log(guess) + (1.0 - truth) * tf.math.log(1.0 - guess))


model = keras.Sequential(
    [
        layers.Input((64,)),
        layers.Dense(96, activation="relu"),
        layers.Dense(96, activation="relu"),
        layers.Dense(10, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=cross_entropy, metrics=["categorical_accuracy"])
model.fit(x[:1400], y[:1400], epochs=15, batch_size=32, validation_data=(x[1400:], y[1400:]), verbose=2)
print("metric", "accuracy", model.evaluate(x[1400:], y[1400:], verbose=0)[1])
