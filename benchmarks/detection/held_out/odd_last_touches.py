"""A trained network gets a last polish at a tiny rate on newer rows."""

import keras
from sklearn.datasets import make_classification

keras.utils.set_random_seed(218)
X, y = make_classification(1800, 12, n_informative=7, n_classes=2, class_sep=1.4, random_state=218)


def build():
    return keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


first = build()
first.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
first.fit(X[:1000], y[:1000], epochs=10, batch_size=40, verbose=0, validation_split=0.1)
second = build()
second.set_weights(first.get_weights())
second.compile(keras.optimizers.SGD(1e-5), "binary_crossentropy", metrics=["accuracy"])
second.fit(X[1000:1400], y[1000:1400], epochs=4, batch_size=40, verbose=0, validation_data=(X[1400:], y[1400:]))
print("metric", "accuracy", second.evaluate(X[1400:], y[1400:], verbose=0)[1])
