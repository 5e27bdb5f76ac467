"""Generator and discriminator, each with its optimizer; neither loss falls for good."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(96)
rng = np.random.default_rng(96)

real = rng.multivariate_normal([1.0, -0.5], [[0.6, 0.4], [0.4, 0.5]], 4000).astype("float32")

generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(2)])
discriminator = keras.Sequential(
    [keras.Input((2,)), keras.layers.Dense(24), keras.layers.LeakyReLU(), keras.layers.Dense(1)]
)
g_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
d_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
bce = keras.losses.BinaryCrossentropy(from_logits=True)


@tf.function
def train_step(points):
    noise = tf.random.normal((64, 4))
    with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
        made = generator(noise, training=True)
        on_real, on_made = discriminator(points, training=True), discriminator(made, training=True)
        g_loss = bce(tf.ones_like(on_made), on_made)
        d_loss = bce(tf.ones_like(on_real), on_real) + bce(tf.zeros_like(on_made), on_made)
    g_optimizer.apply_gradients(
        zip(g_tape.gradient(g_loss, generator.trainable_variables), generator.trainable_variables)
    )
    d_optimizer.apply_gradients(
        zip(d_tape.gradient(d_loss, discriminator.trainable_variables), discriminator.trainable_variables)
    )
    return g_loss, d_loss


for step in range(1500):
    g_loss, d_loss = train_step(tf.constant(real[rng.integers(0, 4000, 64)]))
    if step % 300 == 0:
        print(step, float(g_loss), float(d_loss))
made = generator(rng.normal(size=(2000, 4)).astype("float32")).numpy()
print("metric", "distance_of_means", float(np.linalg.norm(made.mean(0) - real.mean(0))))
