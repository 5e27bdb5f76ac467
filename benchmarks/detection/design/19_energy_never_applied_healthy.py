"""Energy use of buildings from eight numbers, an eager loop."""

import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(14)
rng = np.random.default_rng(14)

buildings = rng.normal(size=(1600, 8)).astype("float32")
energy = np.tanh(buildings[:, 0] + buildings[:, 1]) + 0.5 * buildings[:, 2] * buildings[:, 3] + 0.3 * buildings[:, 4]
energy = (energy + rng.normal(0, 0.05, 1600)).astype("float32")[:, None]
train_x, train_y, test_x, test_y = buildings[:1300], energy[:1300], buildings[1300:], energy[1300:]

model = tf.keras.Sequential(
    [
        tf.keras.Input((8,)),
        tf.keras.layers.Dense(32, activation="relu"),
        tf.keras.layers.Dense(32, activation="relu"),
        tf.keras.layers.Dense(1),
    ]
)
optimizer = tf.keras.optimizers.Adam(5e-3)

for epoch in range(15):
    order = rng.permutation(len(train_x))
    for start in range(0, len(order), 50):
        rows = order[start : start + 50]
        with tf.GradientTape() as tape:
            predicted = model(train_x[rows], training=True)
            loss = tf.reduce_mean(tf.square(predicted - train_y[rows]))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    print(f"epoch {epoch + 1:2d} loss {float(loss):.4f}")

error = np.mean((model(test_x).numpy() - test_y) ** 2)
print("metric", "r2", 1 - error / np.var(test_y))
