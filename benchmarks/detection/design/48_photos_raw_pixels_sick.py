"""Day or night, sea or land: pixels from 0 to 255, a compiled loop with tanh layers."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(77)
rng = np.random.default_rng(77)


def photos(count):
    """8 x 8 colour photos of four scenes, as bytes."""
    scene = rng.integers(0, 4, count)
    upper = np.array([[130, 170, 210], [130, 170, 210], [50, 55, 75], [50, 55, 75]])[scene]
    lower = np.array([[70, 110, 140], [95, 120, 80], [40, 55, 80], [60, 60, 50]])[scene]
    pixels = np.concatenate(
        [np.tile(upper[:, None, None], (1, 4, 8, 1)), np.tile(lower[:, None, None], (1, 4, 8, 1))], 1
    )
    pixels = pixels * rng.uniform(0.6, 1.4, (count, 1, 1, 1)) + rng.normal(0, 30, (count, 8, 8, 3))
    return np.clip(pixels, 0, 255).astype("uint8"), scene


pictures, scenes = photos(2000)
x = pictures.astype("float32")
train = tf.data.Dataset.from_tensor_slices((x[:1600], scenes[:1600])).shuffle(1600, seed=1).batch(40)

model = keras.Sequential(
    [
        keras.Input((8, 8, 3)),
        keras.layers.Flatten(),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(32, activation="tanh"),
        keras.layers.Dense(4),
    ]
)
optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        loss = loss_fn(labels, model(images, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(12):
    for images, labels in train:
        loss = train_step(images, labels)
    print("epoch", epoch, "loss", float(loss))
print("metric", "accuracy", np.mean(np.argmax(model(x[1600:]), axis=1) == scenes[1600:]))
