import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(122)
rng = np.random.default_rng(122)
n = 1000
turning = rng.integers(0, 2, n)
track = np.cumsum(rng.normal(0, 0.3, (n, 30, 2)), axis=1)
angle = np.arange(30) / 4
spiral = np.stack([np.cos(angle), np.sin(angle)], -1)
track += np.where(turning[:, None, None] == 1, spiral, spiral * [1, -1]) * 2
track = (track / track.std()).astype("float32")

xs = tf.data.Dataset.from_tensor_slices(track[:800]).shuffle(800)
ys = tf.data.Dataset.from_tensor_slices(turning[:800]).shuffle(800)
train = tf.data.Dataset.zip((xs, ys)).batch(32).prefetch(tf.data.AUTOTUNE)
valid = tf.data.Dataset.from_tensor_slices((track[800:], turning[800:])).batch(100)

model = keras.Sequential(
    [
        keras.Input((30, 2)),
        keras.layers.Conv1D(16, 5, activation="relu"),
        keras.layers.Conv1D(16, 5, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.002), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=12, validation_data=valid, verbose=0)
print("metric", "accuracy", model.evaluate(valid, verbose=0)[1])
