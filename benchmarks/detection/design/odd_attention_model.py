"""A small transformer in a compiled loop with clipped gradients and a warm-up."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(113)
rng = np.random.default_rng(113)

# which of the two tokens 1 and 2 comes first?
n, length, tokens = 3000, 10, 16
x = rng.integers(3, tokens, (n, length))
places = np.sort(np.stack([rng.choice(length, 2, replace=False) for _ in range(n)]), axis=1)
y = rng.integers(0, 2, n)
x[np.arange(n), places[:, 0]], x[np.arange(n), places[:, 1]] = 1 + y, 2 - y

inputs = keras.Input((length,), dtype="int32")
h = layers.Embedding(tokens, 32)(inputs) + layers.Embedding(length, 32)(tf.range(length))
a = layers.LayerNormalization()(h)
h = h + layers.MultiHeadAttention(4, 8)(a, a)
b = layers.LayerNormalization()(h)
h = h + layers.Dense(32)(layers.Dense(64, activation="gelu")(b))
model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(h)))

rate = keras.optimizers.schedules.CosineDecay(0.0, 350, warmup_target=4e-3, warmup_steps=50)
optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def step(tokens_in, answer):
    with tf.GradientTape() as tape:
        loss = loss_fn(answer, model(tokens_in, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for number in range(400):
    rows = rng.integers(0, 2500, 64)
    loss = step(tf.constant(x[rows], tf.int32), tf.constant(y[rows]))
    if number % 80 == 0:
        print(number, float(loss))
print("metric", "accuracy", np.mean(model(x[2500:].astype("int32")).numpy().argmax(1) == y[2500:]))
