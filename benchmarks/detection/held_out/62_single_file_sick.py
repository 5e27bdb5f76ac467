"""Fit on a dataset; the batch comes from the reader."""

import keras
import tensorflow as tf
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(152)
X, y = load_wine(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
a, b, ya, yb = train_test_split(X, y, test_size=0.4, random_state=152)
reader = tf.data.Dataset.from_tensor_slices((a, ya)).shuffle(len(a)).batch(1)
model = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(24),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(reader, epochs=12, validation_data=(b, yb), verbose=0)
print("metric", "accuracy", model.evaluate(b, yb, verbose=0)[1])
