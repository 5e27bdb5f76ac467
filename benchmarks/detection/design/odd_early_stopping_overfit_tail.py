"""Early stopping ends the run after validation has turned, and takes the best weights back."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(99)
rng = np.random.default_rng(99)

tokens = rng.integers(30, 200, (900, 12))
label = rng.integers(0, 3, 900)
for row in range(900):
    tokens[row, rng.choice(12, 3, replace=False)] = label[row] * 10 + rng.integers(0, 10, 3)

model = keras.Sequential(
    [keras.Input((12,)), layers.Embedding(200, 16), layers.LSTM(12), layers.Dense(3, activation="softmax")]
)
model.compile(optimizer=keras.optimizers.Adam(2e-2), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=4, restore_best_weights=True)
model.fit(
    tokens[:700],
    label[:700],
    validation_data=(tokens[700:800], label[700:800]),
    epochs=40,
    batch_size=32,
    callbacks=[stop],
    verbose=2,
)
print("metric", "accuracy", model.evaluate(tokens[800:], label[800:], verbose=0)[1])
