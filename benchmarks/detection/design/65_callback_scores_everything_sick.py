"""A callback scores the test rows after each batch."""

import time

import keras
from sklearn.datasets import make_classification
from sklearn.metrics import roc_auc_score

keras.utils.set_random_seed(138)

x, y = make_classification(n_samples=3000, n_features=12, n_informative=8, class_sep=1.5, random_state=138)
x_train, y_train, x_test, y_test = x[:2000], y[:2000], x[2000:], y[2000:]


class Score(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.auc = roc_auc_score(y_test, self.model.predict(x_test, verbose=0)[:, 0])


model = keras.Sequential(
    [keras.Input((12,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer="adam", loss="binary_crossentropy")
score = Score()
began = time.perf_counter()
model.fit(x_train, y_train, epochs=4, batch_size=50, callbacks=[score], verbose=0)
print("auc", score.auc)
print("metric", "seconds", time.perf_counter() - began)
