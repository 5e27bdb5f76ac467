"""Next height of a noisy tide from the last 30, LSTM in a compiled loop; a sigmoid output cannot go below zero."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(8)
rng = np.random.default_rng(8)

t = np.arange(3000)
height = 1.2 * np.sin(t / 6.0) + 0.6 * np.sin(t / 17.0) + rng.normal(0, 0.1, len(t))
windows = np.lib.stride_tricks.sliding_window_view(height, 31).astype("float32")
train, test = windows[:2400], windows[2440:]

model = keras.Sequential(
    [
        keras.Input((30, 1)),
        keras.layers.LSTM(24),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
loss_fn = keras.losses.MeanSquaredError()
optimizer = keras.optimizers.Adam(5e-3)


@tf.function
def step(past, following):
    with tf.GradientTape() as tape:
        guess = model(past, training=True)
        loss = loss_fn(following, guess)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss


batches = tf.data.Dataset.from_tensor_slices((train[:, :30, None], train[:, 30:])).shuffle(2400, seed=0).batch(48)
for epoch in range(8):
    losses = [float(step(past, following)) for past, following in batches]
    print("epoch", epoch, "loss", np.mean(losses))

guess = model.predict(test[:, :30, None], verbose=0)[:, 0]
truth = test[:, 30]
print("metric", "r2", 1 - np.sum((guess - truth) ** 2) / np.sum((truth - truth.mean()) ** 2))
