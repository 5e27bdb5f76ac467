"""Sums of short and long number lists."""

import time

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(165)
rng = np.random.default_rng(165)
lengths = rng.permutation(np.arange(8, 48, 2))
lists = [rng.normal(size=(32, n, 1)).astype("float32") for n in lengths]
sums = [x.sum(1) / 5 for x in lists]

inp = keras.Input((None, 1))
h = keras.layers.Conv1D(24, 3, padding="same", activation="relu")(inp)
h = keras.layers.Conv1D(24, 3, padding="same", activation="relu")(h)
h = keras.layers.Lambda(lambda z: tf.reduce_sum(z, axis=1) / 20)(h)
model = keras.Model(inp, keras.layers.Dense(1)(h))
opt = keras.optimizers.Adam(0.003)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - model(x, training=True)))
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


began = time.process_time()
for epoch in range(5):
    total = 0.0
    for x, y in zip(lists, sums):
        total += float(step(tf.constant(x), tf.constant(y)))
    print(epoch, total / len(lists))
print("metric", "seconds", time.process_time() - began)
