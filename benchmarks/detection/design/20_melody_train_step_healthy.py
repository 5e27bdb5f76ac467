"""Next note of made-up melodies; a model with its own train_step."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(25)
rng = np.random.default_rng(25)

# a melody climbs or falls by a fixed interval, on a scale of 24 notes
start, interval = rng.integers(0, 24, 2500), rng.choice([-5, -3, 2, 4, 7], 2500)
melodies = (start[:, None] + interval[:, None] * np.arange(9)) % 24
x, y = melodies[:, :8].astype("int32"), melodies[:, 8].astype("int32")


class Composer(keras.Model):
    def __init__(self):
        super().__init__()
        self.notes = keras.layers.Embedding(24, 16)
        self.memory = keras.layers.LSTM(32)
        self.next = keras.layers.Dense(24, activation="softmax")
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.hits = keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def call(self, melody):
        return self.next(self.memory(self.notes(melody)))

    def train_step(self, data):
        melody, following = data
        with tf.GradientTape() as tape:
            probabilities = self(melody, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(following, probabilities))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.loss_tracker.update_state(loss)
        self.hits.update_state(following, probabilities)
        return {"loss": self.loss_tracker.result(), "accuracy": self.hits.result()}

    @property
    def metrics(self):
        return [self.loss_tracker, self.hits]


composer = Composer()
composer.compile(optimizer=keras.optimizers.Adam(1e-2))
composer.fit(x[:2000], y[:2000], batch_size=64, epochs=8, verbose=2)

guess = composer.predict(x[2000:], verbose=0).argmax(axis=1)
print("metric", "accuracy", np.mean(guess == y[2000:]))
