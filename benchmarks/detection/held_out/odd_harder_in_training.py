"""Pictures are shifted, covered and dropped in training, never in the test."""

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(217)
x, y = load_digits(return_X_y=True)
x = x.reshape(-1, 8, 8, 1) / 16
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.RandomTranslation(0.12, 0.12, fill_mode="constant"),
        keras.layers.GaussianNoise(0.2),
        keras.layers.Conv2D(24, 3, activation="relu"),
        keras.layers.SpatialDropout2D(0.3),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1300], y[:1300], batch_size=32, epochs=12, validation_data=(x[1300:], y[1300:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1300:], y[1300:], verbose=0)[1])
