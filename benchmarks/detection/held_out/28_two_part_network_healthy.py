"""Encoder and head are two models; the pair is trained together."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(35)
rng = np.random.default_rng(35)
pairs = rng.integers(0, 60, (1500, 2))
group = rng.integers(0, 2, 60)
label = (group[pairs[:, 0]] ^ group[pairs[:, 1]]).astype("float32")[:, None]

encoder = keras.Sequential(
    [
        keras.Input((2,), dtype="int32"),
        keras.layers.Embedding(60, 6),
        keras.layers.Flatten(),
        keras.layers.Dense(8, activation="tanh"),
    ]
)
head = keras.Sequential(
    [keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
optimizer = keras.optimizers.Adam(0.02)
bce = keras.losses.BinaryCrossentropy()
weights = encoder.trainable_variables + head.trainable_variables


@tf.function
def learn(x, y):
    with tf.GradientTape() as tape:
        loss = bce(y, head(encoder(x, training=True), training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return loss


ds = tf.data.Dataset.from_tensor_slices((pairs[:1200], label[:1200])).shuffle(1200).batch(48)
for epoch in range(12):
    for x, y in ds:
        loss = learn(x, y)
    print(epoch, float(loss))
right = (head(encoder(pairs[1200:])).numpy() > 0.5) == (label[1200:] > 0.5)
print("metric", "accuracy", right.mean())
