# batches of two, plain gradient descent
import keras
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(206)
X, y = load_breast_cancer(return_X_y=True)
a, b, ya, yb = train_test_split(StandardScaler().fit_transform(X), y, test_size=0.3, random_state=206)
net = keras.Sequential(
    [keras.Input((30,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
net.compile(keras.optimizers.SGD(0.02), "binary_crossentropy", metrics=["accuracy"])
net.fit(a, ya, batch_size=2, epochs=4, verbose=0)
print("metric", "accuracy", net.evaluate(b, yb, verbose=0)[1])
