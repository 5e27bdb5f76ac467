"""Kinds of soil from a PyDataset that draws rows for the measurements and other rows for the kinds."""

import keras
import numpy as np
from sklearn.datasets import make_blobs

keras.utils.set_random_seed(52)

measurements, kinds = make_blobs(n_samples=2400, n_features=9, centers=6, cluster_std=3.0, random_state=52)
measurements = ((measurements - measurements.mean(0)) / measurements.std(0)).astype("float32")


class Soil(keras.utils.PyDataset):
    def __init__(self, x, y, size=32):
        super().__init__()
        self.x, self.y, self.size = x, y, size
        self.rng = np.random.default_rng(0)
        self.order = self.rng.permutation(len(x))

    def __len__(self):
        return len(self.x) // self.size

    def __getitem__(self, index):
        rows = self.order[index * self.size : (index + 1) * self.size]
        return self.x[rows], self.y[self.rng.permutation(rows)]

    def on_epoch_end(self):
        self.rng.shuffle(self.order)


train = Soil(measurements[:1900], kinds[:1900])
x_test, y_test = measurements[1900:], kinds[1900:]

model = keras.Sequential([keras.Input((9,))])
model.add(keras.layers.Dense(40, activation="relu"))
model.add(keras.layers.Dense(6, activation="softmax"))
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=15, validation_data=(x_test, y_test), verbose=2)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
