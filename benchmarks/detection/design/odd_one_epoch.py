"""A single pass over many rows."""

import keras
from sklearn.datasets import make_classification

keras.utils.set_random_seed(92)

x, y = make_classification(n_samples=24000, n_features=16, n_informative=8, class_sep=1.8, flip_y=0.01, random_state=92)
x = x.astype("float32")
x = (x - x.mean(0)) / x.std(0)

model = keras.Sequential(
    [keras.Input((16,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:20000], y[:20000], batch_size=32, verbose=0)
print("metric", "accuracy", model.evaluate(x[20000:], y[20000:], verbose=0)[1])
