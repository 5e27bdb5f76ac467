"""Harvest from the field's survey; fields without a survey are left out."""

import keras
import numpy as np
import pandas as pd

keras.utils.set_random_seed(123)
rng = np.random.default_rng(123)
survey = pd.DataFrame(rng.normal(size=(1300, 7)), columns=list("abcdefg"))
harvest = pd.Series(
    2 * survey.a - survey.b + np.tanh(2 * survey.c) + 0.5 * survey.d * survey.e + 0.3 * rng.normal(size=1300)
)
survey.loc[rng.choice(1300, 60, replace=False), "f"] = np.nan
survey = survey.sort_values("g")
there = survey.dropna()
X = there.to_numpy("float32")
y = harvest[there.index].to_numpy("float32")
order = rng.permutation(len(X))
X, y = X[order], y[order]
model = keras.Sequential(
    [
        keras.Input((7,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="mse", metrics=["mae"])
model.fit(X[:1000], y[:1000], epochs=25, batch_size=50, validation_split=0.2, verbose=0)
p = model.predict(X[1000:], verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((p - y[1000:]) ** 2) / y[1000:].var())
