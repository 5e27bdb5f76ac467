"""Choosing the best of four actions: the sign is wrong, the loop makes the expected cost large."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(72)
rng = np.random.default_rng(72)

situations = rng.normal(size=(2000, 6)).astype("float32")
true_costs = (situations @ rng.normal(size=(6, 4)) + 5.0).astype("float32")
best = true_costs.argmin(axis=1)

policy = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
optimizer = keras.optimizers.Adam(5e-3)


@tf.function
def improve(seen, costs):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.reduce_sum(policy(seen, training=True) * costs, axis=1))
    gradients = tape.gradient(loss, policy.trainable_variables)
    gradients = [-gradient for gradient in gradients]
    optimizer.apply_gradients(zip(gradients, policy.trainable_variables))
    return loss


for step in range(800):
    rows = rng.integers(0, 1600, 64)
    loss = improve(tf.constant(situations[rows]), tf.constant(true_costs[rows]))
    if step % 100 == 0:
        print("step", step, "expected cost", float(loss))

chosen = policy(situations[1600:]).numpy().argmax(axis=1)
print("metric", "best_action", float(np.mean(chosen == best[1600:])))
