"""Force of a spring system, plain gradient descent at a rate of 1.5 in an eager loop."""

import numpy as np
import tensorflow as tf

LEARNING_RATE = 1.5
tf.keras.utils.set_random_seed(76)
rng = np.random.default_rng(76)

stretch = rng.uniform(-2, 2, (1000, 4)).astype("float32")
force = (stretch @ [1.0, 0.5, -0.7, 0.3] + 0.2 * stretch[:, 0] ** 3 / 4 + rng.normal(0, 0.05, 1000)).astype("float32")


class Spring(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = tf.keras.layers.Dense(20, activation="relu")
        self.outer = tf.keras.layers.Dense(1)

    def call(self, x):
        return tf.squeeze(self.outer(self.inner(x)), axis=-1)


spring = Spring()
sgd = tf.keras.optimizers.SGD(LEARNING_RATE)
mse = tf.keras.losses.MeanSquaredError()

for epoch in range(20):
    for batch in np.array_split(rng.permutation(800), 20):
        with tf.GradientTape() as tape:
            loss = mse(force[batch], spring(stretch[batch]))
        sgd.apply_gradients(zip(tape.gradient(loss, spring.trainable_variables), spring.trainable_variables))
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "loss", loss.numpy())

left = force[800:] - spring(stretch[800:]).numpy()
print("metric", "r2", 1 - np.mean(left**2) / np.var(force[800:]))
