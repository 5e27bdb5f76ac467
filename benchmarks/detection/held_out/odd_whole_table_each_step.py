"""Every step sees all rows; there are two hundred steps."""

import keras
import tensorflow as tf
from sklearn.datasets import make_moons

keras.utils.set_random_seed(207)
p, s = make_moons(800, noise=0.2, random_state=207)
p, s = tf.constant(p, tf.float32), tf.constant(s[:, None], tf.float32)
net = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(1),
    ]
)
opt = keras.optimizers.Adam(0.03)


@tf.function(jit_compile=False)
def step():
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(s[:600], net(p[:600], training=True)))
    opt.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))
    return loss


for i in range(200):
    loss = step()
    if i % 25 == 0:
        print(i, float(loss))
print("metric", "accuracy", float(tf.reduce_mean(tf.cast((net(p[600:]) > 0) == (s[600:] > 0.5), tf.float32))))
