import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(83)
x, y = load_digits(return_X_y=True)
x = (x / 16.0).astype("float32")
order = np.random.permutation(len(x))
x, y = x[order], y[order]
flip = np.random.rand(len(y)) < 0.15
y = np.where(flip, np.random.randint(0, 10, len(y)), y)
x_train, y_train, x_test, y_test, x_new, y_new = x[:500], y[:500], x[500:700], y[500:700], x[700:], y[700:]

model = keras.Sequential(
    [keras.Input((64,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(10, activation="softmax")]
)
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.005), metrics=["accuracy"])
for _ in range(12):
    shuffled = np.random.permutation(len(x_train))
    for rows in np.array_split(shuffled, len(x_train) // 50):
        model.train_on_batch(x_train[rows], y_train[rows])
test = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print("test", test)
new = (model.predict(x_new, verbose=0).argmax(1) == y_new).mean()
print("metric", "told_too_much", float(test["accuracy"] - new))
