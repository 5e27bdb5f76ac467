import keras
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(31)
X, y = make_classification(
    1200, 10, n_informative=6, n_redundant=0, n_classes=4, n_clusters_per_class=1, class_sep=1.6, random_state=31
)
X1, X2, y1, y2 = train_test_split(X, y.reshape(-1, 1), random_state=31)
m = keras.Sequential(
    [
        keras.layers.Input((10,)),
        keras.layers.Dense(32, "relu"),
        keras.layers.Dense(16, "relu"),
        keras.layers.Dense(4, "softmax"),
    ]
)
m.compile("adam", loss="mse", metrics=["mae"])
m.fit(X1, y1, epochs=20, batch_size=32, validation_split=0.2, verbose=0)
print("metric", "accuracy", (m.predict(X2, verbose=0).argmax(1) == y2[:, 0]).mean())
