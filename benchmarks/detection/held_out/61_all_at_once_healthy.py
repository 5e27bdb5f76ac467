import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(151)
rng = np.random.default_rng(151)
beats = rng.normal(0, 0.4, (1500, 40, 1)).astype("float32")
kind = rng.integers(0, 3, 1500)
shape = [np.sin(np.arange(10) / 1.5), np.sign(np.arange(10) - 4.5), np.abs(np.arange(10) - 4.5) / 2 - 1]
for i in range(1500):
    at = rng.integers(0, 30)
    beats[i, at : at + 10, 0] += shape[kind[i]]
model = keras.Sequential(
    [
        layers.Input((40, 1)),
        layers.Conv1D(16, 7, activation="relu"),
        layers.MaxPooling1D(2),
        layers.Conv1D(24, 5, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(beats[:1200], kind[:1200], epochs=10, batch_size=24, verbose=0, validation_data=(beats[1200:], kind[1200:]))
print("metric", "accuracy", model.evaluate(beats[1200:], kind[1200:], verbose=0)[1])
