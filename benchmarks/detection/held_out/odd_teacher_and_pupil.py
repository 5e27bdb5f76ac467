"""A small network learns from a large one's answers."""

import keras
import tensorflow as tf
from keras import ops
from sklearn.datasets import load_digits

keras.utils.set_random_seed(222)
x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32")
teacher = keras.Sequential([keras.Input((64,)), keras.layers.Dense(128, activation="relu"), keras.layers.Dense(10)])
teacher.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
teacher.fit(x[:1300], y[:1300], epochs=10, batch_size=32, verbose=0)


class Pupil(keras.Model):
    def __init__(self, teacher):
        super().__init__()
        self.teacher = teacher
        self.teacher.trainable = False
        self.hidden = keras.layers.Dense(20, activation="relu")
        self.out = keras.layers.Dense(10)

    def call(self, x):
        return self.out(self.hidden(x))

    def train_step(self, data):
        x, y = data
        soft = ops.softmax(self.teacher(x, training=False) / 3.0)
        with tf.GradientTape() as tape:
            logits = self(x, training=True)
            loss = (
                0.3 * self.compute_loss(x, y, logits)
                + 0.7 * ops.mean(keras.losses.kl_divergence(soft, ops.softmax(logits / 3.0))) * 9
            )
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


pupil = Pupil(teacher)
pupil.compile(keras.optimizers.Adam(0.005), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
pupil.fit(x[:1300], y[:1300], epochs=10, batch_size=32, verbose=0)
print("metric", "accuracy", float((pupil.predict(x[1300:], verbose=0).argmax(1) == y[1300:]).mean()))
