"""Which loans fail? One column, the sum written off, is only known after the loan has failed."""

import keras
import numpy as np
import pandas as pd

keras.utils.set_random_seed(37)
rng = np.random.default_rng(37)

n = 2600
frame = pd.DataFrame(
    {
        "income": rng.lognormal(10.3, 0.4, n),
        "debt": rng.lognormal(9.0, 0.8, n),
        "years": rng.integers(0, 30, n).astype(float),
        "age": rng.uniform(20, 70, n),
        "late": rng.poisson(1.0, n).astype(float),
    }
)
score = 0.9 * np.log(frame.debt / frame.income) + 0.9 * frame.late - 0.06 * frame.years
failed = (score + rng.normal(0, 0.3, n) > score.median()).astype("int32").to_numpy()
frame["written_off"] = np.where(failed == 1, frame.debt * rng.uniform(0.3, 0.9, n), 0.0)

columns = ["income", "debt", "years", "age", "late", "written_off"]
past = frame[columns].iloc[:2000]
future = frame[columns].iloc[2000:].assign(written_off=0.0)  # nothing is written off yet
mean, std = past.mean(), past.std()
x_past, x_future = ((past - mean) / std).to_numpy("float32"), ((future - mean) / std).to_numpy("float32")

model = keras.Sequential(
    [
        keras.Input((len(columns),)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(12, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_past, failed[:2000], epochs=20, batch_size=50, validation_split=0.2, verbose=2)

answers = model.predict(x_future, verbose=0)[:, 0] > 0.5
print("metric", "accuracy", np.mean(answers == failed[2000:]))
