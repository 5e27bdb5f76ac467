"""Digits from tf.data; pictures and labels are shuffled together."""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import Sequential, layers

tf.keras.utils.set_random_seed(51)

images, labels = load_digits(return_X_y=True)
images = images.reshape(-1, 8, 8, 1).astype("float32") / 16
order = np.random.permutation(len(images))
images = images[order]
labels = labels[order]

train_ds = tf.data.Dataset.from_tensor_slices((images[:1440], labels[:1440])).batch(32).prefetch(tf.data.AUTOTUNE)
val_ds = tf.data.Dataset.from_tensor_slices((images[1440:], labels[1440:])).batch(32)

model = Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(24, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train_ds, validation_data=val_ds, epochs=15, verbose=2)
print("metric", "val_accuracy", model.evaluate(val_ds, verbose=0)[1])
