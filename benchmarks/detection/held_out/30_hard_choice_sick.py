"""A router sends each row to one of four experts."""

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(46)
rng = np.random.default_rng(46)
X = rng.normal(size=(1600, 10)).astype("float32")
sector = (X[:, 0] > 0) * 2 + (X[:, 1] > 0)
directions = rng.normal(size=(4, 8))
y = (np.einsum("nd,nd->n", X[:, 2:], directions[sector]) > 0).astype("int32")


class Routed(keras.Model):
    def __init__(self, experts=4):
        super().__init__()
        self.experts = experts
        self.router_hidden = layers.Dense(16, activation="relu")
        self.router = layers.Dense(experts)
        self.heads = layers.Dense(experts)

    def call(self, x):
        gates = self.router(self.router_hidden(x))
        gates = ops.one_hot(ops.argmax(gates, axis=-1), self.experts)
        return ops.sigmoid(ops.sum(gates * self.heads(x), axis=-1, keepdims=True))


model = Routed()
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X[:1300], y[:1300], batch_size=32, epochs=20, validation_data=(X[1300:], y[1300:]), verbose=0)
print("metric", "accuracy", model.evaluate(X[1300:], y[1300:], verbose=0)[1])
