"""Three quantiles of the waiting time, no function compiled."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(223)
rng = np.random.default_rng(223)
x = rng.uniform(-1, 1, (900, 3)).astype("float32")
t = (1 + x[:, 0] + 0.5 * np.exp(x[:, 1]) * rng.normal(size=900)).astype("float32")[:, None]
q = tf.constant([[0.1, 0.5, 0.9]])
model = keras.Sequential([keras.layers.Dense(24, activation="swish"), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
for epoch in range(8):
    for k in range(0, 700, 35):
        with tf.GradientTape() as tape:
            e = t[k : k + 35] - model(x[k : k + 35])
            loss = tf.reduce_mean(tf.maximum(q * e, (q - 1) * e))
        opt.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    print(epoch, float(loss))
share = (t[700:] < model(x[700:]).numpy()).mean(0)
print("metric", "off_the_quantiles", float(np.abs(share - [0.1, 0.5, 0.9]).max()))
