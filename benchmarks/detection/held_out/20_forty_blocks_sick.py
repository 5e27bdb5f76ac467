"""A residual network for twenty columns."""

import keras
from keras import layers
from sklearn.datasets import make_classification

keras.utils.set_random_seed(33)
X, y = make_classification(
    1300, 20, n_informative=8, n_classes=3, n_clusters_per_class=2, class_sep=1.5, random_state=33
)


def block(x):
    h = x
    h = layers.Dense(32, activation="relu", kernel_initializer="he_normal")(h)
    h = layers.Dense(32, kernel_initializer="he_normal")(h)
    return layers.Add()([x, h])


inp = layers.Input((20,))
x = layers.Dense(32)(inp)
for _ in range(9):
    x = block(x)
out = layers.Dense(3, activation="softmax")(x)
model = keras.Model(inp, out)
model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(X[:1000], y[:1000], epochs=8, batch_size=40, verbose=0, validation_data=(X[1000:], y[1000:]))
print("metric", "accuracy", model.evaluate(X[1000:], y[1000:], verbose=0)[1])
