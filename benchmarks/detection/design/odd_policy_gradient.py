"""A policy gradient: the surrogate loss says nothing, the reward rises."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(108)
rng = np.random.default_rng(108)

payout = rng.normal(size=(5, 3)).astype("float32")  # the best of three levers depends on the state
policy = keras.Sequential([keras.Input((5,)), keras.layers.Dense(24, activation="tanh"), keras.layers.Dense(3)])
optimizer = keras.optimizers.Adam(0.01)
baseline = 0.0


@tf.function
def learn(states, actions, advantages):
    with tf.GradientTape() as tape:
        log_probability = tf.nn.log_softmax(policy(states, training=True))
        taken = tf.gather(log_probability, actions, batch_dims=1)
        loss = -tf.reduce_mean(taken * advantages)
    optimizer.apply_gradients(zip(tape.gradient(loss, policy.trainable_variables), policy.trainable_variables))
    return loss


for episode in range(400):
    states = rng.normal(size=(64, 5)).astype("float32")
    chances = tf.nn.softmax(policy(states)).numpy()
    actions = np.array([rng.choice(3, p=row / row.sum()) for row in chances.astype("float64")])
    rewards = (states @ payout)[np.arange(64), actions]
    baseline = 0.95 * baseline + 0.05 * rewards.mean()
    loss = learn(tf.constant(states), tf.constant(actions), tf.constant((rewards - baseline).astype("float32")))
    if episode % 80 == 0:
        print("episode", episode, "reward", rewards.mean(), "loss", float(loss))
states = rng.normal(size=(1000, 5)).astype("float32")
best = policy(states).numpy().argmax(axis=1) == (states @ payout).argmax(axis=1)
print("metric", "best_action", best.mean())
