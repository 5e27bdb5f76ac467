"""A wide ReLU layer on one-hot columns: most of its outputs are zero, and it learns."""

import keras
import numpy as np

keras.utils.set_random_seed(84)
rng = np.random.default_rng(84)

n = 3000
city, trade, size = rng.integers(0, 20, n), rng.integers(0, 12, n), rng.integers(0, 5, n)
worth = rng.normal(size=(20, 12))[city, trade] + rng.normal(size=5)[size]
grade = np.digitize(worth, np.quantile(worth, [0.33, 0.66]))
x = np.concatenate([np.eye(20)[city], np.eye(12)[trade], np.eye(5)[size]], axis=1).astype("float32")

model = keras.Sequential(
    [
        keras.Input((37,)),
        keras.layers.Dense(256, activation="relu", bias_initializer=keras.initializers.Constant(-0.2)),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:2400], grade[:2400], epochs=15, batch_size=40, validation_data=(x[2400:], grade[2400:]), verbose=2)
print("metric", "accuracy", model.evaluate(x[2400:], grade[2400:], verbose=0)[1])
