"""Digits through a narrow code: encoder and classifier are trained together."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(6)

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split((x / 16).astype("float32"), y, random_state=6)

encoder = keras.Sequential(
    [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(4, activation="tanh")]
)
classifier = keras.Sequential([keras.Input((4,)), layers.Dense(32, activation="relu"), layers.Dense(10)])

loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(3e-3)
variables = encoder.trainable_variables + classifier.trainable_variables
accuracy = keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train(images, targets):
    with tf.GradientTape() as tape:
        logits = classifier(encoder(images, training=True), training=True)
        loss = loss_fn(targets, logits)
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    accuracy.update_state(targets, logits)
    return loss


data = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(2000, seed=6).batch(32)
for epoch in range(30):
    accuracy.reset_state()
    for images, targets in data:
        loss = train(images, targets)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: loss {loss.numpy():.3f} accuracy {accuracy.result().numpy():.3f}")

guess = classifier(encoder(x_test)).numpy().argmax(1)
print("metric", "accuracy", np.mean(guess == y_test))
