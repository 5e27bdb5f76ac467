"""Ten digits out of one archive, class by class."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(132)
x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32")
test, train = np.arange(0, 1797, 5), np.setdiff1d(np.arange(1797), np.arange(0, 1797, 5))
train = train[np.argsort(y[train], kind="stable")]
ds = tf.data.Dataset.from_tensor_slices((x[train], y[train])).shuffle(len(train), seed=132).batch(32).prefetch(2)
dv = tf.data.Dataset.from_tensor_slices((x[test], y[test])).batch(120)
model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(ds, validation_data=dv, epochs=8, verbose=0)
print("metric", "accuracy", model.evaluate(dv, verbose=0)[1])
