"""Siamese network on digits: pairs of the same digit come near each other; the distance is guarded at zero."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow import keras

tf.keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)

data = load_digits()
images = (data.images / 16.0).astype("float32")[..., None]
labels = data.target
train_images, train_labels = images[:1400], labels[:1400]
test_images, test_labels = images[1400:], labels[1400:]
of_class = [np.flatnonzero(train_labels == digit) for digit in range(10)]

encoder = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(8),
    ]
)
optimizer = keras.optimizers.Adam(2e-3)


def draw_pairs(size):
    """Half of the pairs show the same digit; now and then an image meets itself."""
    left = rng.integers(0, len(train_images), size)
    right = rng.integers(0, len(train_images), size)
    for row in range(0, size, 2):
        right[row] = rng.choice(of_class[train_labels[left[row]]])
    same = (train_labels[left] == train_labels[right]).astype("float32")
    return train_images[left], train_images[right], same


@tf.function
def train_step(left, right, same):
    with tf.GradientTape() as tape:
        squared = tf.reduce_sum(tf.square(encoder(left, training=True) - encoder(right, training=True)), axis=1)
        distance = tf.sqrt(tf.maximum(squared, 1e-9))
        loss = tf.reduce_mean(same * distance + (1.0 - same) * tf.maximum(1.0 - distance, 0.0))
    gradients = tape.gradient(loss, encoder.trainable_variables)
    optimizer.apply_gradients(zip(gradients, encoder.trainable_variables))
    return loss


for step in range(600):
    left, right, same = draw_pairs(64)
    loss = train_step(tf.constant(left), tf.constant(right), tf.constant(same))
    if step % 100 == 0:
        print(f"step {step} loss {float(loss):.4f}")

codes = encoder(train_images).numpy()
centres = np.stack([codes[train_labels == digit].mean(axis=0) for digit in range(10)])
test_codes = encoder(test_images).numpy()
nearest = np.linalg.norm(test_codes[:, None] - centres[None], axis=-1).argmin(axis=1)
print("metric", "accuracy", float((nearest == test_labels).mean()))
