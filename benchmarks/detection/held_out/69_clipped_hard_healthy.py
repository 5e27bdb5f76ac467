import keras
from sklearn.datasets import make_friedman1

keras.utils.set_random_seed(172)
X, y = make_friedman1(1200, n_features=8, noise=0.5, random_state=172)
X = (X - 0.5) * 3.4
y = (y - y.mean()) / y.std()
m = keras.Sequential([keras.Input((8,)), keras.layers.Dense(48, activation="relu"), keras.layers.Dense(1)])
m.compile(keras.optimizers.SGD(0.05, momentum=0.9, clipnorm=1.0), loss="mse")
m.fit(X[:900], y[:900], epochs=20, batch_size=30, validation_split=0.1, verbose=0)
e = m.predict(X[900:], verbose=0)[:, 0] - y[900:]
print("metric", "r2", 1 - (e**2).mean() / y[900:].var())
