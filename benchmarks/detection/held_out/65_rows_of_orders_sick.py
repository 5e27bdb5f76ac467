"""What a customer buys next; orders are looked up in a data frame."""

import time

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

keras.utils.set_random_seed(163)
rng = np.random.default_rng(163)
n = 800
orders = pd.DataFrame(rng.integers(0, 50, (n, 8)), columns=[f"item{i}" for i in range(8)])
orders["next"] = (orders.item7 + orders.item6) % 50 // 10

model = keras.Sequential(
    [
        keras.layers.Embedding(50, 24),
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(5),
    ]
)
model.build((None, 8))
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
opt = keras.optimizers.Adam(0.01)


@tf.function
def step(a, b):
    with tf.GradientTape() as tape:
        loss = ce(b, model(a, training=True))
    opt.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss


def fetch(rows):
    a, b = [], []
    for row in rows:
        order = orders.loc[orders.index == row]
        a.append([int(order[f"item{i}"].iloc[0]) for i in range(8)])
        b.append(int(order["next"].iloc[0]))
    return tf.constant(a), tf.constant(b)


order = rng.permutation(n)
step(*fetch(order[:40]))
began = time.process_time()
for epoch in range(5):
    for k in range(0, 640, 40):
        loss = step(*fetch(order[k : k + 40]))
    print(epoch, float(loss))
print("metric", "seconds", time.process_time() - began)
