"""The rate goes up and down in triangles between 0.001 and 0.1."""

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(89)

x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32").reshape(-1, 8, 8, 1)


class Triangles(keras.callbacks.Callback):
    def __init__(self, low=0.001, high=0.1, half=100):
        super().__init__()
        self.low, self.high, self.half, self.step = low, high, half, 0

    def on_train_batch_begin(self, batch, logs=None):
        place = self.step % (2 * self.half)
        share = place / self.half if place < self.half else 2 - place / self.half
        self.model.optimizer.learning_rate = self.low + (self.high - self.low) * share
        self.step += 1


model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(0.001, momentum=0.9), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
)
model.fit(
    x[:1400],
    y[:1400],
    batch_size=32,
    epochs=15,
    callbacks=[Triangles()],
    validation_data=(x[1400:], y[1400:]),
    verbose=0,
)
print("metric", "accuracy", model.evaluate(x[1400:], y[1400:], verbose=0)[1])
