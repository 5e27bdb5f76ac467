"""Traffic at a crossing; the compiled step takes tensors."""

import time

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(67)
rng = np.random.default_rng(67)

hours = rng.uniform(0, 24, (3000, 1))
weekday = rng.integers(0, 7, (3000, 1))
rain = rng.exponential(1.0, (3000, 1))
cars = np.exp(-(((hours - 8) / 2) ** 2)) + 0.8 * np.exp(-(((hours - 17) / 3) ** 2))
cars = cars * np.where(weekday < 5, 1.0, 0.4) - 0.05 * rain + rng.normal(0, 0.03, (3000, 1))
x = np.concatenate([hours / 12 - 1, weekday < 5, rain - 1], axis=1).astype("float32")
y = cars.astype("float32")

model = keras.Sequential(
    [
        keras.Input((3,)),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.Adam(5e-3)


@tf.function
def step(features, target, epoch):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(features, training=True) - target) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    warm = tf.minimum(1.0, (epoch + 1.0) / 3.0)
    optimizer.apply_gradients([(gradient * warm, v) for gradient, v in zip(gradients, model.trainable_variables)])
    return loss


began = time.perf_counter()
for epoch in range(24):
    for rows in np.array_split(rng.permutation(2500), 25):
        loss = step(tf.constant(x[rows]), tf.constant(y[rows]), tf.constant(epoch, tf.float32))
    print(epoch, float(loss))
seconds = time.perf_counter() - began
print("r2", 1 - float(np.mean((model(x[2500:]).numpy() - y[2500:]) ** 2) / np.var(y[2500:])))
print("metric", "seconds", seconds)
