"""Four folds, a model each: every row is trained on by three models and validated on by one."""

import keras
import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import StratifiedKFold

keras.utils.set_random_seed(103)

x, y = load_wine(return_X_y=True)
x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")

scores = []
for train, test in StratifiedKFold(4, shuffle=True, random_state=0).split(x, y):
    model = keras.Sequential(
        [keras.Input((13,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[train], y[train], epochs=12, batch_size=16, validation_data=(x[test], y[test]), verbose=0)
    scores.append(model.evaluate(x[test], y[test], verbose=0)[1])
print("folds", np.round(scores, 3))
print("metric", "accuracy", np.mean(scores))
