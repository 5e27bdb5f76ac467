"""State of a machine from its sensors, a compiled loop; batch norm's averages keep a long memory."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(43)
rng = np.random.default_rng(43)
BATCH = 32

states = rng.integers(0, 3, 2000)
centres = rng.normal(0, 1.0, (3, 14))
readings = (centres[states] + rng.normal(0, 1.0, (2000, 14))).astype("float32")
readings[:, 3:] *= np.exp(rng.normal(0, 1.0, (2000, 1))).astype("float32")  # load of the machine
x_train, y_train, x_test, y_test = readings[:1600], states[:1600], readings[1600:], states[1600:]

inputs = keras.Input((14,))
h = inputs
for _ in range(3):
    h = layers.Dense(32)(h)
    h = layers.BatchNormalization(momentum=0.9)(h)
    h = layers.ReLU()(h)
model = keras.Model(inputs, layers.Dense(3)(h))

optimizer = keras.optimizers.Adam(2e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def update(x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
    return loss


for epoch in range(10):
    order = rng.permutation(len(x_train))
    losses = []
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        losses.append(float(update(tf.constant(x_train[rows]), tf.constant(y_train[rows]))))
    print("epoch", epoch, "loss", round(float(np.mean(losses)), 4))

answers = model(x_test, training=False).numpy().argmax(axis=1)
print("metric", "accuracy", float(np.mean(answers == y_test)))
