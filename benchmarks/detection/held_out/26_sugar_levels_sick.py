import keras
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(24)
X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
target = y
model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(8, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
model.fit(X[:350], target[:350], epochs=30, batch_size=32, validation_data=(X[350:], target[350:]), verbose=0)
p = model.predict(X[350:], verbose=0).ravel()
print("metric", "r2", 1 - ((p - target[350:]) ** 2).mean() / target[350:].var())
