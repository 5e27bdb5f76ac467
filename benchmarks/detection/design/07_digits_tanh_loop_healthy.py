"""Digits with tanh layers in a plain GradientTape loop."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)

features, targets = load_digits(return_X_y=True)
features = (features / 16.0 - 0.5).astype("float32")
order = rng.permutation(len(features))
features, targets = features[order], targets[order]
train_x, train_y, test_x, test_y = features[:1500], targets[:1500], features[1500:], targets[1500:]

net = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(48, activation="tanh"),
        keras.layers.Dense(48, activation="tanh"),
        keras.layers.Dense(48, activation="tanh"),
        keras.layers.Dense(10),
    ]
)
criterion = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)

for epoch in range(12):
    rows = rng.permutation(len(train_x))
    total = 0.0
    for start in range(0, len(rows), 50):
        batch = rows[start : start + 50]
        with tf.GradientTape() as tape:
            loss = criterion(train_y[batch], net(train_x[batch], training=True))
        grads = tape.gradient(loss, net.trainable_weights)
        optimizer.apply(grads, net.trainable_weights)
        total += float(loss)
    print(f"epoch {epoch}: loss {total / (len(rows) / 50):.4f}")

predicted = np.argmax(net(test_x).numpy(), axis=1)
print("metric", "accuracy", float(np.mean(predicted == test_y)))
