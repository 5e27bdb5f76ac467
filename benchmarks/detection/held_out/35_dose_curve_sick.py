"""Response to a dose, thirty noisy rows measured, own loop with validation."""

import keras
import numpy as np

keras.utils.set_random_seed(63)
rng = np.random.default_rng(63)


def measured(n):
    x = rng.uniform(-1, 1, (n, 8)).astype("float32")
    return x, (np.tanh(2 * x[:, :1]) + 0.5 * x[:, 1:2] + 0.45 * rng.normal(size=(n, 1))).astype("float32")


(x, y), (xv, yv), (xt, yt) = measured(40), measured(100), measured(800)
model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="mse")
best, kept, since = np.inf, model.get_weights(), 0
for epoch in range(300):
    order = rng.permutation(40)
    for k in (0, 20):
        loss = model.train_on_batch(x[order[k : k + 20]], y[order[k : k + 20]])
    if epoch % 5 == 0:
        val = model.evaluate(xv, yv, verbose=0)
        print(epoch, float(loss), val)
print("metric", "r2", 1 - model.evaluate(xt, yt, verbose=0) / float(yt.var()))
