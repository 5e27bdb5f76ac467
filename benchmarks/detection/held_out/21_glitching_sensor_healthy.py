"""Bearing temperature from vibration; now and then the logger writes a wild number."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(27)
rng = np.random.default_rng(27)
x = rng.normal(size=(2000, 8)).astype("float32")
y = (x[:, :1] - 0.7 * x[:, 1:2] + np.sin(2 * x[:, 2:3]) + 0.1 * rng.normal(size=(2000, 1))).astype("float32")
glitch = rng.choice(1600, 8, replace=False)
x[glitch, rng.integers(0, 8, 8)] *= 400

model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.SGD(0.03, global_clipnorm=1.0)
mse = keras.losses.MeanSquaredError()


@tf.function
def train_step(a, b):
    with tf.GradientTape() as tape:
        loss = mse(b, model(a, training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(grads, model.trainable_variables)
    return loss


data = tf.data.Dataset.from_tensor_slices((x[:1600], y[:1600])).shuffle(1600, seed=1).batch(32)
for epoch in range(12):
    mean = keras.metrics.Mean()
    for a, b in data:
        mean.update_state(train_step(a, b))
    print("epoch", epoch, float(mean.result()))
p = np.nan_to_num(model(x[1600:]).numpy(), nan=0.0, posinf=0.0, neginf=0.0)
print("metric", "r2", 1 - float(np.mean((p - y[1600:]) ** 2) / np.var(y[1600:])))
