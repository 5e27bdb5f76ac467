"""Intent of short made-up messages, logits and a cross-entropy that expects logits."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)

# six intents, each with eight words of its own among two hundred
intents, words, length = 6, 200, 12
messages = rng.integers(50, words, size=(2400, length))
intent = rng.integers(0, intents, size=2400)
for row in range(2400):
    spots = rng.choice(length, size=2, replace=False)
    messages[row, spots] = 1 + intent[row] * 8 + rng.integers(0, 8, size=2)

ds = tf.data.Dataset.from_tensor_slices((messages[:2000], intent[:2000])).shuffle(2000, seed=4).batch(50)

model = keras.Sequential(
    [
        keras.layers.Input((length,)),
        keras.layers.Embedding(words, 24),
        keras.layers.Conv1D(32, 3, activation="relu"),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(intents),
    ]
)
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(3e-3)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        predictions = model(x, training=True)
        loss = loss_object(y, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(12):
    mean = keras.metrics.Mean()
    for x, y in ds:
        mean.update_state(train_step(x, y))
    print("Epoch", epoch + 1, "loss", float(mean.result()))

right = np.argmax(model(messages[2000:]), axis=1) == intent[2000:]
print("metric", "accuracy", float(right.mean()))
