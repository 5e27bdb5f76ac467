"""Direction of stripes in noisy pictures with a subclassed model whose kernels all start at zero."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(21)
rng = np.random.default_rng(21)


def stripes(count):
    """12 x 12 pictures of stripes in one of four directions, with noise."""
    angle = rng.integers(0, 4, count)
    grid = np.mgrid[0:12, 0:12]
    pictures = np.empty((count, 12, 12, 1), "float32")
    for i in range(count):
        theta = angle[i] * np.pi / 4
        wave = np.cos(theta) * grid[0] + np.sin(theta) * grid[1]
        pictures[i, :, :, 0] = np.sin(wave * 1.3 + rng.normal(0, 0.4)) + rng.normal(0, 0.3, (12, 12))
    return pictures, angle


x_train, y_train = stripes(2000)
x_test, y_test = stripes(500)


class StripeNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.flatten = layers.Flatten()
        self.hidden1 = layers.Dense(32, activation="tanh", kernel_initializer="zeros")
        self.hidden2 = layers.Dense(32, activation="tanh", kernel_initializer="zeros")
        self.head = layers.Dense(4, kernel_initializer="zeros")

    def call(self, x):
        return self.head(self.hidden2(self.hidden1(self.flatten(x))))


model = StripeNet()
model.compile(
    optimizer=keras.optimizers.Adam(2e-3),
    loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=10, batch_size=40, validation_data=(x_test, y_test), verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
