import keras
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import scale

keras.utils.set_random_seed(141)
X, y = load_breast_cancer(return_X_y=True)
X = scale(X)
kind = y + 0  # the registry's code
low, high = kind.min(), kind.max()
order = np.random.permutation(len(X))
X, kind = X[order], kind[order]
a = keras.Input((30,))
b = keras.layers.Dense(16, activation="relu")(a)
c = keras.layers.Concatenate()([a, b])
model = keras.Model(a, keras.layers.Dense(1, activation="sigmoid")(c))
model.compile(optimizer=keras.optimizers.Adam(0.005), loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
model.fit(X[:430], kind[:430], batch_size=32, epochs=15, validation_data=(X[430:], kind[430:]), verbose=0)
code = np.where(model.predict(X[430:], verbose=0)[:, 0] > 0.5, high, low)
print("metric", "balanced", float(np.mean([(code[kind[430:] == k] == k).mean() for k in (low, high)])))
