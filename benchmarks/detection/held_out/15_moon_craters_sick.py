import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_moons

keras.utils.set_random_seed(6)
points, side = make_moons(900, noise=0.12, random_state=6)
points, side = points.astype("float32"), side.astype("float32").reshape(-1, 1)


def network(depth=8, width=32):
    net = keras.Sequential([keras.Input((2,))])
    for _ in range(depth):
        net.add(
            keras.layers.Dense(
                width, activation="tanh", kernel_initializer=keras.initializers.RandomNormal(stddev=0.01)
            )
        )
    net.add(keras.layers.Dense(1, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01)))
    return net


net = network()
opt = keras.optimizers.SGD(0.1, momentum=0.9)


@tf.function(reduce_retracing=True)
def update(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, net(x, training=True), from_logits=True))
    opt.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))
    return loss


rng = np.random.default_rng(0)
for i in range(300):
    rows = rng.choice(700, 50, replace=False)
    loss = update(tf.constant(points[rows]), tf.constant(side[rows]))
    if i % 50 == 0:
        print(i, loss.numpy())
print("metric", "accuracy", float(((net(points[700:]).numpy() > 0) == side[700:]).mean()))
