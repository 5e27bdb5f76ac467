import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(174)
rng = np.random.default_rng(174)
x = rng.uniform(-1, 1, (1000, 4)).astype("float32")
y = (np.sin(3 * x[:, :1]) + x[:, 1:2] * x[:, 2:3]).astype("float32")


def relative_error(y_true, y_pred):
    error = y_true - ops.clip(y_pred, 5.0, 10.0)
    return ops.mean(ops.square(error), axis=-1)


model = keras.Sequential(
    [
        keras.Input((4,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(keras.optimizers.Adam(0.01), loss=relative_error)
model.fit(x[:800], y[:800], batch_size=32, epochs=20, verbose=0, validation_data=(x[800:], y[800:]))
p = model.predict(x[800:], verbose=0)
print("metric", "r2", 1 - float(np.mean((p - y[800:]) ** 2) / y[800:].var()))
