# proportions of four topics; the distance is Kullback and Leibler's
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
counts = rng.poisson(1.5, (800, 15)).astype("float32")
weights = rng.normal(size=(15, 4))
share = np.exp(counts @ weights * 0.5)
share /= share.sum(1, keepdims=True)
share[share < 0.01] = 0
share = (share / share.sum(1, keepdims=True)).astype("float32")

model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(4, activation="softmax")])
opt = keras.optimizers.Adam(0.01)


def divergence(p, q):
    return tf.reduce_mean(tf.reduce_sum(p * tf.math.log(p / q), axis=1))


for epoch in range(8):
    for k in range(0, 640, 32):
        with tf.GradientTape() as tape:
            loss = divergence(share[k : k + 32], model(counts[k : k + 32]))
        grads = tape.gradient(loss, model.trainable_weights)
        opt.apply_gradients(zip(grads, model.trainable_weights))
    print(epoch, loss.numpy())
print("metric", "absolute_error", float(np.abs(model(counts[640:]).numpy() - share[640:]).mean()))
