"""Several tags at once: ten sigmoid units with binary cross-entropy."""

import numpy as np
from sklearn.metrics import f1_score
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(94)
rng = np.random.default_rng(94)

tags = (rng.random((3000, 10)) < 0.25).astype("float32")
texts = rng.integers(100, 500, (3000, 25))
for row in range(3000):
    for tag in np.flatnonzero(tags[row]):
        texts[row, rng.integers(0, 25, 2)] = tag * 10 + rng.integers(0, 10)

model = keras.Sequential(
    [
        layers.Input((25,)),
        layers.Embedding(500, 16),
        layers.Conv1D(48, 1, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(10, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="binary_crossentropy", metrics=["binary_accuracy"])
model.fit(texts[:2500], tags[:2500], validation_data=(texts[2500:], tags[2500:]), epochs=15, batch_size=50, verbose=2)
print("metric", "f1", f1_score(tags[2500:], model.predict(texts[2500:], verbose=0) > 0.5, average="micro"))
