"""Digits with batch normalisation; trained as if in inference mode and asked as if in training."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(132)

digits = load_digits()
x = (digits.images / 16.0).astype("float32")[..., None]
y = digits.target

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        layers.Conv2D(16, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(32, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.Dense(10),
    ]
)
optimizer = keras.optimizers.Adam(2e-3)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        logits = model(images, training=False)
        loss = loss_fn(labels, logits)
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


data = tf.data.Dataset.from_tensor_slices((x[:1400], y[:1400])).shuffle(1400, seed=1).batch(35)
for epoch in range(10):
    for images, labels in data:
        loss = train_step(images, labels)
    print("epoch", epoch, float(loss))
answers = [int(np.argmax(model(picture[None], training=True))) for picture in x[1400:1500]]
print("metric", "accuracy", np.mean(np.array(answers) == y[1400:1500]))
