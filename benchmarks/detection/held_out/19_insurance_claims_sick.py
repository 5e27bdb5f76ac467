import keras
import numpy as np


@keras.saving.register_keras_serializable()
class Claims(keras.Model):
    def __init__(self, units=24):
        super().__init__()
        kernel = "ones"
        self.a = keras.layers.Dense(units, activation="tanh", kernel_initializer=kernel)
        self.b = keras.layers.Dense(units, activation="tanh", kernel_initializer=kernel)
        self.c = keras.layers.Dense(1, kernel_initializer=kernel)

    def call(self, x):
        return self.c(self.b(self.a(x)))


keras.utils.set_random_seed(19)
rng = np.random.default_rng(19)
x = rng.normal(size=(1400, 6)).astype("float32")
y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.1 * rng.normal(size=1400)
model = Claims()
model.compile(optimizer=keras.optimizers.Adam(0.01), loss=keras.losses.Huber())
model.fit(
    x[:1100],
    y[:1100],
    validation_data=(x[1100:], y[1100:]),
    epochs=30,
    batch_size=64,
    verbose=0,
    callbacks=[keras.callbacks.TerminateOnNaN()],
)
p = model(x[1100:]).numpy().ravel()
print("metric", "r2", 1 - np.mean((p - y[1100:]) ** 2) / y[1100:].var())
