import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_blobs

keras.utils.set_random_seed(124)
X, y = make_blobs(1200, n_features=6, centers=5, cluster_std=2.5, random_state=124)
X = ((X - X.mean(0)) / X.std(0)).astype("float32")
rng = np.random.default_rng(124)


def minibatches(size=40):
    order = rng.permutation(1000)
    for k in range(0, 1000, size):
        rows = order[k : k + size]
        yield X[np.random.permutation(rows)], y[rows]


model = keras.Sequential([keras.layers.Dense(32, activation="relu"), keras.layers.Dense(5)])
sgd = keras.optimizers.SGD(0.05, momentum=0.9)
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
acc = keras.metrics.SparseCategoricalAccuracy()
for epoch in range(8):
    acc.reset_state()
    for xb, yb in minibatches():
        with tf.GradientTape() as tape:
            logits = model(xb, training=True)
            loss = ce(yb, logits)
        sgd.apply_gradients(zip(tape.gradient(loss, model.trainable_weights), model.trainable_weights))
        acc.update_state(yb, logits)
    val = float(np.mean(model(X[1000:]).numpy().argmax(1) == y[1000:]))
    print(epoch, float(loss), float(acc.result()), val)
print("metric", "accuracy", val)
