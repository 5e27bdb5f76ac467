"""Sixty bottles to learn from; stops when it gets no better."""

import keras
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(219)
X, y = load_wine(return_X_y=True)
a, b, ya, yb = train_test_split(X, y, train_size=60, random_state=219, stratify=y)
scaler = StandardScaler().fit(a)
a, b = scaler.transform(a), scaler.transform(b)
model = keras.Sequential(
    [keras.Input((13,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(3, activation="softmax")]
)
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    a[:45],
    ya[:45],
    validation_data=(a[45:], ya[45:]),
    epochs=60,
    batch_size=9,
    verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(patience=5, min_delta=0.005, restore_best_weights=True)],
)
print("metric", "accuracy", model.evaluate(b, yb, verbose=0)[1])
