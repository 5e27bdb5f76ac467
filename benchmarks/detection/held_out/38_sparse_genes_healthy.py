"""Two types of tissue out of sixty genes; the penalty keeps the kernel sparse."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(71)
rng = np.random.default_rng(71)
genes = rng.normal(size=(900, 60)).astype("float32")
tissue = (genes[:, :6].sum(1) + 1.2 * genes[:, 6] * genes[:, 7] > 0).astype("float32")[:, None]
penalty = keras.regularizers.L1(0.0005)
model = keras.Sequential(
    [
        keras.Input((60,)),
        keras.layers.Dense(24, activation="relu", kernel_regularizer=penalty),
        keras.layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty),
    ]
)
opt = keras.optimizers.Adam(0.01)
loss_of = keras.losses.BinaryCrossentropy()


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        data_loss = loss_of(y, model(x, training=True))
        total = data_loss + sum(model.losses)
    opt.apply_gradients(zip(tape.gradient(total, model.trainable_variables), model.trainable_variables))
    return data_loss, total


for epoch in range(15):
    for x, y in tf.data.Dataset.from_tensor_slices((genes[:700], tissue[:700])).shuffle(700, seed=epoch).batch(35):
        data_loss, total = step(x, y)
    print(epoch, float(data_loss), float(total))
print("metric", "accuracy", float(((model(genes[700:]).numpy() > 0.5) == tissue[700:]).mean()))
