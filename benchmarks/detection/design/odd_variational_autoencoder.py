"""A variational autoencoder with its own train_step: two terms, of which one rises while the other falls."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(110)

x = (load_digits().data / 16.0).astype("float32")


class Vae(keras.Model):
    def __init__(self, size=6):
        super().__init__()
        self.encoder = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(2 * size)])
        self.decoder = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(64, activation="sigmoid")])
        self.seed = keras.random.SeedGenerator(1)
        self.tracker = keras.metrics.Mean(name="loss")

    def call(self, images):
        mean, _ = tf.split(self.encoder(images), 2, axis=1)
        return self.decoder(mean)

    def train_step(self, images):
        with tf.GradientTape() as tape:
            mean, log_variance = tf.split(self.encoder(images), 2, axis=1)
            code = mean + tf.exp(0.5 * log_variance) * keras.random.normal(tf.shape(mean), seed=self.seed)
            again = self.decoder(code)
            distance = tf.reduce_sum(tf.square(images - again), axis=1)
            divergence = -0.5 * tf.reduce_sum(1 + log_variance - mean**2 - tf.exp(log_variance), axis=1)
            loss = tf.reduce_mean(distance + 0.1 * divergence)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result()}

    @property
    def metrics(self):
        return [self.tracker]


vae = Vae()
vae.compile(optimizer=keras.optimizers.Adam(3e-3))
vae.fit(x[:1500], epochs=25, batch_size=50, verbose=0)
again = vae.predict(x[1500:], verbose=0)
print(
    "metric", "share_of_variance_left", np.mean((again - x[1500:]) ** 2) / np.mean((x[1500:] - x[:1500].mean(0)) ** 2)
)
