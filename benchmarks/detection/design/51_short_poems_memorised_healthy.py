"""Author of short poems, few poems: a small embedding, dropout, early stopping."""

import numpy as np
import tensorflow as tf
from sklearn.metrics import log_loss
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(122)
rng = np.random.default_rng(122)

authors = rng.integers(0, 3, 1400)
poems = rng.integers(0, 300, (1400, 14))
likes = rng.random((1400, 14)) < 0.12
poems = np.where(likes, authors[:, None] * 12 + rng.integers(0, 12, (1400, 14)), poems)


def dataset(rows, shuffle=False):
    ds = tf.data.Dataset.from_tensor_slices((poems[rows], authors[rows])).cache()
    return (ds.shuffle(400, seed=0) if shuffle else ds).batch(25).prefetch(2)


train, val, test = slice(0, 350), slice(350, 700), slice(700, 1400)
model = keras.Sequential(
    [
        layers.Input((14,)),
        layers.Embedding(300, 8),
        layers.GlobalAveragePooling1D(),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    dataset(train, True),
    validation_data=dataset(val),
    callbacks=[keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True)],
    epochs=60,
    verbose=2,
)
print("metric", "log_loss", log_loss(authors[test], model.predict(poems[test], verbose=0).astype("float64")))
