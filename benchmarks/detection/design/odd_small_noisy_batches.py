"""Batches of four: the loss jumps about and falls all the same."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

tf.keras.utils.set_random_seed(85)
rng = np.random.default_rng(85)

x, y = load_breast_cancer(return_X_y=True)
order = rng.permutation(len(x))
x, y = StandardScaler().fit_transform(x[order]).astype("float32"), y[order].astype("float32")

model = tf.keras.Sequential(
    [
        tf.keras.Input((30,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(1),
    ]
)
optimizer = tf.keras.optimizers.SGD(0.02)
loss_fn = tf.keras.losses.BinaryCrossentropy(from_logits=True)

for epoch in range(6):
    for rows in np.array_split(rng.permutation(450), 112):
        with tf.GradientTape() as tape:
            loss = loss_fn(y[rows, None], model(x[rows], training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    print("epoch", epoch, "loss of the last batch", float(loss))
answers = model(x[450:]).numpy()[:, 0] > 0
print("metric", "accuracy", np.mean(answers == y[450:]))
