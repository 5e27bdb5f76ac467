"""Salaries in a compiled loop; the network sees them in units of their spread."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(127)
rng = np.random.default_rng(127)

people = rng.normal(size=(2200, 6)).astype("float32")
salary = 52000 + 9000 * people[:, 0] + 6000 * np.maximum(people[:, 1], 0) + 4000 * people[:, 2] * people[:, 3]
salary = (salary + rng.normal(0, 1500, 2200)).astype("float32")
target = (salary - salary.mean()) / salary.std()

model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(1),
    ]
)
optimizer = keras.optimizers.Adam(2e-3)
mse = keras.losses.MeanSquaredError()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = mse(y, model(x, training=True)[:, 0])
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


data = tf.data.Dataset.from_tensor_slices((people[:1800], target[:1800])).shuffle(1800, seed=0).batch(45)
for epoch in range(15):
    for x, y in data:
        loss = train_step(x, y)
    print("epoch", epoch, "loss", float(loss))
guess = model.predict(people[1800:], verbose=0)[:, 0]
paid = guess * salary.std() + salary.mean()
print("metric", "r2", 1 - np.mean((paid - salary[1800:]) ** 2) / np.var(salary[1800:]))
