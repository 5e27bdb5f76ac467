"""Gradients of four small batches are added up before they are applied."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(95)
rng = np.random.default_rng(95)

x, y = load_digits(return_X_y=True)
x = (x / 16.0).astype("float32").reshape(-1, 8, 8, 1)
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    ]
)
optimizer = keras.optimizers.Adam(5e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
sums = [tf.Variable(tf.zeros_like(v.value)) for v in model.trainable_variables]


@tf.function
def collect(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_fn(labels, model(images, training=True)) / 4.0
    for total, gradient in zip(sums, tape.gradient(loss, model.trainable_variables)):
        total.assign_add(gradient)
    return loss


@tf.function
def apply():
    optimizer.apply_gradients(zip([total.read_value() for total in sums], model.trainable_variables))
    for total in sums:
        total.assign(tf.zeros_like(total))


for number in range(1000):
    rows = rng.integers(0, 1400, 16)
    loss = collect(tf.constant(x[rows]), tf.constant(y[rows]))
    if number % 4 == 3:
        apply()
    if number % 200 == 0:
        print(number, float(loss) * 4)
print("metric", "accuracy", np.mean(model(x[1400:]).numpy().argmax(1) == y[1400:]))
