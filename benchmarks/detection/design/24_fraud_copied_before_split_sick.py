"""Rare fraud: the rare rows are repeated first, then the data is split, so that copies lie on both sides."""

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(12)
rng = np.random.default_rng(12)

n = 3000
x = rng.normal(size=(n, 12)).astype("float32")
risk = 1.6 * x[:, 0] - 1.3 * x[:, 1] + 1.1 * x[:, 2] * x[:, 3] + rng.normal(0, 0.5, n)
y = (risk > np.quantile(risk, 0.85)).astype("int32")
x, x_later, y, y_later = x[:1500], x[1500:], y[:1500], y[1500:]


def repeat_rare(features, labels):
    rare = np.flatnonzero(labels == 1)
    rows = np.concatenate([np.arange(len(labels)), np.repeat(rare, 4)])
    rng.shuffle(rows)
    return features[rows], labels[rows]


x_more, y_more = repeat_rare(x, y)
x_train, x_val, y_train, y_val = train_test_split(x_more, y_more, test_size=0.3, random_state=12)

model = keras.Sequential(
    [
        keras.Input((12,)),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)
model.fit(x_train, y_train, epochs=30, batch_size=32, validation_data=(x_val, y_val), callbacks=[stop], verbose=0)

claimed = balanced_accuracy_score(y_val, model.predict(x_val, verbose=0)[:, 0] > 0.5)
later = balanced_accuracy_score(y_later, model.predict(x_later, verbose=0)[:, 0] > 0.5)
print("claimed", claimed, "on later cases", later)
print("metric", "claim_minus_truth", claimed - later)
