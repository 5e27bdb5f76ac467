"""A small CNN on handwritten digits fed by tf.data, Adam at a rate of 0.3."""

import keras
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(42)

digits = load_digits()
images = digits.images.astype("float32")[..., None] / 16.0
labels = digits.target.astype("int32")
n = 1437

train = tf.data.Dataset.from_tensor_slices((images[:n], labels[:n]))
train = train.shuffle(n, seed=1).batch(32).prefetch(tf.data.AUTOTUNE)
test = tf.data.Dataset.from_tensor_slices((images[n:], labels[n:])).batch(64)

model = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10),
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(train, epochs=12, validation_data=test, verbose=2)

print("metric", "accuracy", model.evaluate(test, verbose=0)[1])
