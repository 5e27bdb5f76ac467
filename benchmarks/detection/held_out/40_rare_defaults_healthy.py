"""Few customers default; rows of the rare class are repeated to balance the table."""

import keras
import numpy as np
import pandas as pd

keras.utils.set_random_seed(81)
rng = np.random.default_rng(81)


def customers(n):
    x = rng.normal(size=(n, 12)).astype("float32")
    return x, (rng.random(n) < 0.25 / (1 + np.exp(-3 * x[:, 0] - 1))).astype("int32")


X, y = customers(1400)
table = pd.DataFrame(X).assign(y=y).sample(frac=1.0, random_state=81)


def balanced(rows):
    rare = rows[rows.y == 1]
    more = rare.sample(n=(rows.y == 0).sum() - len(rare), replace=True, random_state=0)
    return pd.concat([rows, more]).sample(frac=1.0, random_state=1)


cut = int(0.8 * len(table))
train, valid = balanced(table[:cut]), table[cut:]
net = keras.Sequential(
    [keras.Input((12,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
net.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
stop = keras.callbacks.EarlyStopping(monitor="val_auc", mode="max", patience=4, restore_best_weights=True)
net.fit(
    train.drop(columns="y").to_numpy(),
    train.y.to_numpy(),
    validation_data=(valid.drop(columns="y").to_numpy(), valid.y.to_numpy()),
    epochs=20,
    batch_size=64,
    verbose=0,
    callbacks=[stop],
)
xt, yt = customers(3000)
told = net.evaluate(valid.drop(columns="y").to_numpy(), valid.y.to_numpy(), verbose=0, return_dict=True)["auc"]
true = net.evaluate(xt, yt, batch_size=500, verbose=0, return_dict=True)["auc"]
print("told", told, "true", true)
print("metric", "told_too_much", told - true)
