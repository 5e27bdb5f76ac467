"""Three in a hundred engines fail within the month."""

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score

keras.utils.set_random_seed(111)
rng = np.random.default_rng(111)
X = rng.normal(size=(4000, 10)).astype("float32")
score = X[:, 0] + 0.8 * X[:, 1] - 0.6 * X[:, 2] + 0.9 * rng.normal(size=4000)
y = (score > np.quantile(score, 0.97)).astype("int32")
model = keras.Sequential(
    [keras.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(keras.optimizers.Adam(0.001), "binary_crossentropy", metrics=["accuracy"])
weights = None
model.fit(X[:3000], y[:3000], epochs=8, batch_size=64, class_weight=weights, validation_split=0.1, verbose=0)
print("metric", "balanced_accuracy", balanced_accuracy_score(y[3000:], model.predict(X[3000:], verbose=0)[:, 0] > 0.5))
