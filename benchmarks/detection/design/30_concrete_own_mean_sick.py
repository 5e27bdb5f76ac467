"""Strength of concrete from its mix; new mixes reach the model in kilograms, the training mixes were standardised."""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow import keras

keras.utils.set_random_seed(47)
rng = np.random.default_rng(47)

n = 2000
cement, water, ash = rng.uniform(150, 500, n), rng.uniform(120, 230, n), rng.uniform(0, 180, n)
sand, age = rng.uniform(600, 900, n), rng.uniform(3, 90, n)
strength = 60 * (cement + 0.4 * ash) / (cement + 2.2 * water) * np.log1p(age) / 2.5 + rng.normal(0, 1.0, n)
strength = (strength - strength.mean()) / strength.std()

mixes = np.stack([cement, water, ash, sand, age], axis=1)
x_train, x_val, y_train, y_val = train_test_split(mixes, strength, test_size=0.25, random_state=0)
scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)

model = keras.Sequential(
    [
        keras.layers.Input((5,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse", metrics=["mae"])
model.fit(x_train, y_train, validation_data=(x_val, y_val), epochs=15, batch_size=32, verbose=2)

guess = model.predict(x_val, verbose=0)[:, 0]
print("metric", "r2", 1 - np.mean((guess - y_val) ** 2) / np.var(y_val))
