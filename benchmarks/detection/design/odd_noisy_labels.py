"""A fifth of the labels is wrong: the best that can be had is 80 %, and the model has it."""

import keras
import numpy as np

keras.utils.set_random_seed(97)
rng = np.random.default_rng(97)

x = rng.normal(size=(4000, 6)).astype("float32")
clean = (x[:, 0] + x[:, 1] * 0.8 - x[:, 2] > 0).astype("int32")
labels = np.where(rng.random(4000) < 0.2, 1 - clean, clean)

model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x[:3000], labels[:3000], validation_data=(x[3000:], labels[3000:]), epochs=12, batch_size=32, verbose=2)
print("metric", "accuracy_on_clean", np.mean((model.predict(x[3000:], verbose=0)[:, 0] > 0.5) == clean[3000:]))
