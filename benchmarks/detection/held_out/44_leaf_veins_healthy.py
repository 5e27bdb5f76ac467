import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(91)
rng = np.random.default_rng(91)
n = 900
kind = rng.integers(0, 5, n)
v, u = np.mgrid[:12, :12] / 12.0
veins = (
    np.stack([np.sin((3 + k) * np.pi * (u + (k % 3) * v) + rng.uniform(0, 6)) for k in kind]) * 2
    + 5
    + rng.normal(0, 0.7, (n, 12, 12))
)
veins = veins[..., None].astype("float32")


def conv(filters):
    return [
        layers.Conv2D(filters, 3, use_bias=False, padding="same"),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(),
    ]


model = keras.Sequential([keras.Input((12, 12, 1)), *conv(12), *conv(16), layers.Flatten(), layers.Dense(5)])
opt = keras.optimizers.Adam(0.003)
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train(x, y):
    with tf.GradientTape() as tape:
        loss = ce(y, model(x, training=True))
    g = tape.gradient(loss, model.trainable_variables)
    opt.apply(g, model.trainable_variables)
    return loss


for epoch in range(6):
    for k in range(0, 700, 35):
        loss = train(veins[k : k + 35], kind[k : k + 35])
    print(epoch, float(loss))
print("metric", "accuracy", float((model(veins[700:], training=False).numpy().argmax(1) == kind[700:]).mean()))
