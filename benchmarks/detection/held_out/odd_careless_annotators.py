"""A third of the training answers are wrong, the test's are right."""

import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(209)
x, y = load_digits(return_X_y=True)
x = x / 16
given = y.copy()
wrong = np.random.rand(len(y)) < 0.33
given[wrong] = np.random.randint(0, 10, wrong.sum())
model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(2e-3)),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1200], given[:1200], epochs=15, batch_size=32, validation_data=(x[1200:1450], given[1200:1450]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1450:], y[1450:], verbose=0)[1])
