"""Eight textures, a small convolutional network, own loop."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(17)
rng = np.random.default_rng(17)
yy, xx = np.mgrid[0:12, 0:12]


def texture(k):
    a = k * np.pi / 8
    return np.sin((xx * np.cos(a) + yy * np.sin(a)) * 1.4 + rng.uniform(0, 6.28)) + rng.normal(0, 1.6, (12, 12))


labels = rng.integers(0, 8, 1400)
pictures = np.stack([texture(k) for k in labels])[..., None].astype("float32")

model = keras.Sequential(
    [
        layers.Input((12, 12, 1)),
        layers.Conv2D(16, 5, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(24, 3, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(8, activation="softmax"),
    ]
)
adam = keras.optimizers.Adam(0.002)


@tf.function
def train(x, y):
    with tf.GradientTape() as t:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=model(x, training=True)))
    adam.apply_gradients(zip(t.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


batches = tf.data.Dataset.from_tensor_slices((pictures[:1100], labels[:1100])).shuffle(1100).batch(50)
for e in range(6):
    for x, y in batches:
        loss = train(x, y)
    print(e, float(loss))
hits = tf.argmax(model(pictures[1100:]), 1).numpy() == labels[1100:]
print("metric", "accuracy", hits.mean())
