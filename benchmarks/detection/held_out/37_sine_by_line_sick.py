import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(66)
x = np.random.uniform(-3, 3, (1200, 2))
y = np.sin(2 * x[:, 0]) * np.cos(x[:, 1]) + np.random.normal(0, 0.05, 1200)
layers = [keras.layers.Input((2,)), keras.layers.Dense(64), keras.layers.Dense(64), keras.layers.Dense(1)]
model = keras.Sequential(layers)
model.compile(keras.optimizers.Adam(0.01), "mse")
reduce = keras.callbacks.ReduceLROnPlateau(patience=8, factor=0.5)
model.fit(x, y, epochs=35, batch_size=64, validation_split=0.25, callbacks=[reduce], verbose=0)
xt = np.random.uniform(-3, 3, (500, 2))
yt = np.sin(2 * xt[:, 0]) * np.cos(xt[:, 1])
print("metric", "r2", 1 - np.mean((model.predict(xt, verbose=0)[:, 0] - yt) ** 2) / yt.var())
