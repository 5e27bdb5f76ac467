"""Kinds of glass in a compiled loop; the test rows go through the same scaling."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(120)
rng = np.random.default_rng(120)

kinds = rng.integers(0, 4, 1800)
middle = rng.uniform(2, 8, (4, 7))
raw = middle[kinds] + rng.normal(0, 0.7, (1800, 7))
raw_train, raw_test, y_train, y_test = raw[:1500], raw[1500:].copy(), kinds[:1500], kinds[1500:]
raw_test[:2] = 120.0  # the probe was out

low, high = raw_train.min(axis=0), raw_train.max(axis=0)
x_train = ((raw_train - low) / (high - low)).astype("float32")
x_test = (raw_test - low) / (high - low)

model = keras.Sequential([keras.Input((7,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(4)])
optimizer = keras.optimizers.Adam(5e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(15):
    for rows in np.array_split(rng.permutation(1500), 30):
        loss = step(tf.constant(x_train[rows]), tf.constant(y_train[rows]))
    print("epoch", epoch + 1, "loss", float(loss))

answers = model(x_test.astype("float32"), training=False).numpy().argmax(axis=1)
print("metric", "accuracy", np.mean(answers == y_test))
