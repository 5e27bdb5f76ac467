"""Two rings of points; a single sigmoid unit can only draw a line."""

import keras
import numpy as np
from sklearn.datasets import make_circles

keras.utils.set_random_seed(10)

points, ring = make_circles(n_samples=1600, noise=0.08, factor=0.5, random_state=10)
train, test = slice(0, 1200), slice(1200, None)

model = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(points[train], ring[train], batch_size=32, epochs=30, validation_split=0.2, verbose=0)
print("loss", np.round(history.history["loss"][::5], 3))
print("metric", "accuracy", model.evaluate(points[test], ring[test], verbose=0)[1])
