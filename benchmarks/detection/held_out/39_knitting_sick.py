import keras
import numpy as np
from keras import layers, regularizers

keras.utils.set_random_seed(72)
rng = np.random.default_rng(72)
n = 1000
kind = rng.integers(0, 4, n)
gy, gx = np.mgrid[:10, :10]
pattern = [gx % 2 == 0, gy % 2 == 0, (gx + gy) % 2 == 0, (gx // 2 + gy // 2) % 2 == 0]
x = np.stack([pattern[k] for k in kind]).astype("float32") + rng.normal(0, 0.6, (n, 10, 10)).astype("float32")
x = x[..., None]
reg = regularizers.l2(1.0)
model = keras.Sequential(
    [
        layers.Input((10, 10, 1)),
        layers.Conv2D(12, 3, activation="relu", kernel_regularizer=reg),
        layers.Conv2D(12, 3, activation="relu", kernel_regularizer=reg),
        layers.Flatten(),
        layers.Dense(4, activation="softmax", kernel_regularizer=reg),
    ]
)
model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:800], kind[:800], epochs=8, batch_size=32, validation_data=(x[800:], kind[800:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[800:], kind[800:], verbose=0)[1])
