"""Gradient descent written out."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(171)
rng = np.random.default_rng(171)
x = rng.normal(size=(1000, 5)).astype("float32")
y = ((x[:, 0] - x[:, 1] + 0.5 * x[:, 2] * x[:, 3]) > 0).astype("float32")[:, None]
model = keras.Sequential(
    [keras.Input((5,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
)
rate = 0.3
for epoch in range(10):
    for k in range(0, 800, 40):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(y[k : k + 40], model(x[k : k + 40])))
        for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
            variable.assign_add(rate * gradient)
    print(epoch, float(loss))
print("metric", "accuracy", float(((model(x[800:]).numpy() > 0.5) == y[800:]).mean()))
