"""A wide layer of which few units speak at a time."""

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(205)
x, y = load_digits(return_X_y=True)
x = x / 16
model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(
            256,
            activation="relu",
            bias_initializer=keras.initializers.Constant(-0.4),
            activity_regularizer=keras.regularizers.L1(1e-5),
        ),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1300], y[:1300], epochs=10, batch_size=32, validation_data=(x[1300:], y[1300:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1300:], y[1300:], verbose=0)[1])
