"""Even or odd digit: one sigmoid unit with binary cross-entropy."""

import numpy as np
from sklearn import datasets
from tensorflow import keras

keras.utils.set_random_seed(123)

digits = datasets.load_digits()
images = digits.images.reshape(-1, 8, 8, 1) / 16.0
odd = (digits.target % 2).astype("float32").reshape(-1, 1)
x_train, x_test = images[:1400], images[1400:]
y_train, y_test = odd[:1400], odd[1400:]

model = keras.Sequential(
    [
        keras.layers.Input(shape=(8, 8, 1)),
        keras.layers.Conv2D(12, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["binary_accuracy"])
model.fit(x_train, y_train, batch_size=32, epochs=12, validation_split=0.15, verbose=2)

answers = model.predict(x_test, verbose=0) > 0.5
print("metric", "accuracy", np.mean(answers == (y_test > 0.5)))
