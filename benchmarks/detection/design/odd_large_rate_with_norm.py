"""Plain gradient descent at a rate of 0.5, which batch normalisation bears."""

import keras
from sklearn.datasets import make_classification

keras.utils.set_random_seed(115)

x, y = make_classification(
    n_samples=3000, n_features=20, n_informative=12, n_classes=3, class_sep=1.8, flip_y=0.0, random_state=115
)
x = x.astype("float32")

model = keras.Sequential([keras.Input((20,))])
for _ in range(2):
    model.add(keras.layers.Dense(64, use_bias=False))
    model.add(keras.layers.BatchNormalization())
    model.add(keras.layers.ReLU())
model.add(keras.layers.Dense(3, activation="softmax"))
model.compile(optimizer=keras.optimizers.SGD(0.5), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:2400], y[:2400], validation_data=(x[2400:], y[2400:]), epochs=15, batch_size=64, verbose=2)
print("metric", "accuracy", model.evaluate(x[2400:], y[2400:], verbose=0)[1])
