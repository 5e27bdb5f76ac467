"""A forger learns points on a ring from a judge."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(214)
rng = np.random.default_rng(214)
forger = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(2),
    ]
)
judge = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(32),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dense(32),
        keras.layers.LeakyReLU(0.2),
        keras.layers.Dense(1),
    ]
)
f_opt, j_opt = keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.Adam(2e-3, beta_1=0.5)
bce = keras.losses.BinaryCrossentropy(from_logits=True)


@tf.function
def round_(real, noise):
    with tf.GradientTape() as t1, tf.GradientTape() as t2:
        fake = forger(noise, training=True)
        on_real, on_fake = judge(real, training=True), judge(fake, training=True)
        j_loss = bce(tf.ones_like(on_real) * 0.9, on_real) + bce(tf.zeros_like(on_fake), on_fake)
        f_loss = bce(tf.ones_like(on_fake), on_fake)
    j_opt.apply_gradients(zip(t1.gradient(j_loss, judge.trainable_variables), judge.trainable_variables))
    f_opt.apply_gradients(zip(t2.gradient(f_loss, forger.trainable_variables), forger.trainable_variables))
    return j_loss, f_loss


for i in range(700):
    a = rng.uniform(0, 2 * np.pi, 64)
    real = np.stack([np.cos(a), np.sin(a)], 1) + 0.05 * rng.normal(size=(64, 2))
    j, f = round_(tf.constant(real, tf.float32), tf.random.normal((64, 4)))
    if i % 100 == 0:
        print(i, float(j), float(f))
radius = np.linalg.norm(forger(tf.random.normal((1000, 4))).numpy(), axis=1)
print("metric", "off_the_ring", float(np.abs(radius - 1).mean()))
