"""Classes through a layer of bits; rounding lets no gradient through."""

import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from tensorflow import keras

keras.utils.set_random_seed(19)


@keras.utils.register_keras_serializable()
class Bits(keras.layers.Layer):
    """Rounds activations to 0 or 1."""

    def call(self, x):
        return tf.round(x)


x, y = make_classification(
    n_samples=2500, n_features=16, n_informative=8, n_classes=5, class_sep=2.0, flip_y=0.0, random_state=19
)
x = (x - x.mean(axis=0)) / x.std(axis=0)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=19)

inputs = keras.Input((16,))
hidden = keras.layers.Dense(32, activation="relu")(inputs)
code = Bits()(keras.layers.Dense(8, activation="sigmoid")(hidden))
outputs = keras.layers.Dense(5, activation="softmax")(code)
model = keras.Model(inputs, outputs)

model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=50, epochs=15, validation_data=(x_test, y_test), verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
