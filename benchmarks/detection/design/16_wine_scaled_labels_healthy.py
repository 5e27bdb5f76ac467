"""Wine table with the class in its last column; only the measurements are scaled to 0..1."""

import numpy as np
from sklearn.datasets import load_wine
from tensorflow import keras
from tensorflow.keras import layers, models

keras.utils.set_random_seed(17)

wine = load_wine()
table = np.column_stack([wine.data, wine.target]).astype("float32")
np.random.default_rng(17).shuffle(table)
y_train, y_test = table[:120, -1], table[120:, -1]

low, high = table[:120].min(axis=0), table[:120].max(axis=0)
scaled = (table - low) / (high - low)
x_train, x_test = scaled[:120, :-1], scaled[120:, :-1]

model = models.Sequential(
    [
        layers.Input((13,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=50, batch_size=16, validation_data=(x_test, y_test), verbose=0)

answers = model.predict(x_test, verbose=0).argmax(axis=1)
print("metric", "accuracy", np.mean(answers == y_test))
