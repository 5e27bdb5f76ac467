"""A vocabulary of twenty thousand of which a batch touches a few hundred rows."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(82)
rng = np.random.default_rng(82)

vocabulary, length = 20000, 15
words = np.minimum(rng.zipf(1.3, (3000, length)) + 40, vocabulary - 1)
label = rng.integers(0, 2, 3000)
words[np.arange(3000), rng.integers(0, length, 3000)] = np.where(
    label == 1, rng.integers(1, 15, 3000), rng.integers(15, 30, 3000)
)
words[:, -3:] = 0  # padding

model = keras.Sequential(
    [
        keras.Input((length,), dtype="int32"),
        keras.layers.Embedding(vocabulary, 16, mask_zero=True),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
optimizer = keras.optimizers.Adam(5e-3)
loss_fn = keras.losses.BinaryCrossentropy()


@tf.function
def step(tokens, target):
    with tf.GradientTape() as tape:
        loss = loss_fn(target, model(tokens, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


data = tf.data.Dataset.from_tensor_slices((words[:2500].astype("int32"), label[:2500, None].astype("float32")))
for epoch in range(12):
    for tokens, target in data.shuffle(2500, seed=epoch).batch(50):
        loss = step(tokens, target)
    print("epoch", epoch, float(loss))
answers = model(words[2500:].astype("int32")).numpy()[:, 0] > 0.5
print("metric", "accuracy", np.mean(answers == label[2500:]))
