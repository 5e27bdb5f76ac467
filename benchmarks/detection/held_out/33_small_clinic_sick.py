"""A hundred and forty patients, twenty measurements."""

import keras
import numpy as np

keras.utils.set_random_seed(61)
rng = np.random.default_rng(61)
X = rng.normal(size=(1100, 20)).astype("float32")
risk = 0.9 * X[:, 0] - 0.8 * X[:, 1] + 0.7 * X[:, 2]
y = (rng.random(1100) < 1 / (1 + np.exp(-2 * risk))).astype("float32")
X_tr, y_tr, X_va, y_va, X_te, y_te = X[:140], y[:140], X[140:260], y[140:260], X[260:], y[260:]

model = keras.Sequential(
    [
        keras.Input((20,)),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.002), loss="binary_crossentropy", metrics=["accuracy"])
callbacks = []
history = model.fit(X_tr, y_tr, validation_data=(X_va, y_va), epochs=50, batch_size=16, verbose=0, callbacks=callbacks)
p = model.predict(X_te, verbose=0)[:, 0].clip(1e-7, 1 - 1e-7)
print("metric", "log_loss", float(-np.mean(y_te * np.log(p) + (1 - y_te) * np.log(1 - p))))
