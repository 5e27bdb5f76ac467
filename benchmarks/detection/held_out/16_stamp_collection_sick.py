from keras import Model, layers, optimizers, utils
from keras.initializers import RandomUniform
from sklearn.datasets import load_digits

utils.set_random_seed(12)
d = load_digits()
x = d.images[..., None] / 16.0
y = d.target


class Stamps(Model):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.conv = layers.Conv2D(16, 3, activation="relu", kernel_initializer=RandomUniform(-0.2, 0.0))
        self.pool = layers.MaxPooling2D()
        self.flat = layers.Flatten()
        self.hidden = layers.Dense(32, activation="relu")
        self.top = layers.Dense(10, activation="softmax")

    def call(self, z):
        return self.top(self.hidden(self.flat(self.pool(self.conv(z)))))


model = Stamps()
model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1400], y[:1400], epochs=8, batch_size=50, validation_data=(x[1400:], y[1400:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1400:], y[1400:], verbose=0)[1])
