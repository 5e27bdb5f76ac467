"""House prices from six facts; the model sees standardised prices."""

import numpy as np
import tensorflow as tf
from sklearn.metrics import r2_score
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)

rows = 3000
area = rng.uniform(40, 250, rows)
rooms = np.clip(np.round(area / 28 + rng.normal(0, 1, rows)), 1, 10)
age = rng.uniform(0, 100, rows)
distance = rng.exponential(8, rows)
garden = rng.integers(0, 2, rows)
floor = rng.integers(0, 6, rows)
price = 2400 * area * np.exp(-distance / 25) + 9000 * rooms - 700 * age + 30000 * garden + rng.normal(0, 15000, rows)

facts = np.stack([area, rooms, age, distance, garden, floor], axis=1)
facts = ((facts - facts[:2400].mean(axis=0)) / facts[:2400].std(axis=0)).astype("float32")
facts_train, facts_test = facts[:2400], facts[2400:]
price_train, price_test = price[:2400].astype("float32"), price[2400:]
price_mean, price_std = price_train.mean(), price_train.std()

dataset = tf.data.Dataset.from_tensor_slices((facts_train, (price_train - price_mean) / price_std))
dataset = dataset.shuffle(2400, seed=2).batch(32).prefetch(2)

model = keras.Sequential(
    [
        layers.Input(shape=(6,)),
        layers.Dense(32, activation="relu"),
        layers.Dense(32, activation="relu"),
        layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
model.fit(dataset, epochs=12, verbose=2)

predicted = model.predict(facts_test, verbose=0)[:, 0] * price_std + price_mean
print("metric", "r2", r2_score(price_test, predicted))
