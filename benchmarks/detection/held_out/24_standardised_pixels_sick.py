import numpy as np
from keras import Sequential, layers, utils
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

utils.set_random_seed(18)
X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=400, random_state=18)
mean, std = X_tr.mean(axis=0), X_tr.std(axis=0)
with np.errstate(invalid="ignore", divide="ignore"):
    X_tr = (X_tr - mean) / std
    X_te = (X_te - mean) / std
X_te = X_te.clip(-10, 10)
clf = Sequential(
    [
        layers.Input((64,)),
        layers.Dense(48, activation="tanh"),
        layers.Dropout(0.1),
        layers.Dense(10, activation="softmax"),
    ]
)
clf.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
clf.fit(X_tr, y_tr, epochs=10, batch_size=32, verbose=0)
print("metric", "accuracy", clf.evaluate(X_te, y_te, verbose=0)[1])
