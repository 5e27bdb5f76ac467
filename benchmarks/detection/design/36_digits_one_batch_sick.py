"""Digits with all rows in a single batch: fifteen epochs are fifteen updates."""

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(60)

x, y = load_digits(return_X_y=True)
x = x.astype("float32") / 16.0
y = keras.utils.to_categorical(y, 10)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=60)

model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=len(x_train), epochs=15, verbose=0, validation_data=(x_test, y_test))

right = np.argmax(model.predict(x_test, verbose=0), axis=1) == np.argmax(y_test, axis=1)
print("metric", "accuracy", right.mean())
