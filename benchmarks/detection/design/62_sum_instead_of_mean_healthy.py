"""Power of a wind turbine in a compiled loop, mean squared error."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(135)
rng = np.random.default_rng(135)

wind = rng.weibull(2.0, (2000, 1)) * 8
angle, air = rng.normal(0, 1, (2000, 1)), rng.normal(0, 1, (2000, 1))
power = np.clip((wind / 12) ** 3, 0, 1) * (1 - 0.1 * angle**2) + 0.05 * air + rng.normal(0, 0.02, (2000, 1))
x = np.hstack([(wind - 7) / 4, angle, air]).astype("float32")
y = ((power - power.mean()) / power.std()).astype("float32")

model = keras.Sequential(
    [
        keras.Input((3,)),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.SGD(0.1, momentum=0.9)


@tf.function
def step(features, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(features, training=True) - target))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(15):
    for rows in np.array_split(rng.permutation(1600), 25):
        loss = step(tf.constant(x[rows]), tf.constant(y[rows]))
    print("epoch", epoch, float(loss))
rest = model(x[1600:]).numpy() - y[1600:]
print("metric", "r2", 1 - np.mean(rest**2) / np.var(y[1600:]))
