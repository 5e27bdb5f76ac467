"""Who leaves? A made-up customer table, train_on_batch, labels 0 and 1."""

import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Sequential

keras.utils.set_random_seed(31)
rng = np.random.RandomState(31)

customers = 3000
months = rng.exponential(20, customers)
calls = rng.poisson(2, customers)
bill = rng.normal(50, 12, customers)
contract = rng.randint(0, 2, customers)
score = 0.5 * calls - 0.04 * months + 0.03 * (bill - 50) - 1.2 * contract + 0.9 + rng.normal(0, 0.3, customers)
leaves = (score > 0.8).astype("float32")

table = np.column_stack([months, calls, bill, contract]).astype("float32")
table = (table - table[:2500].mean(0)) / table[:2500].std(0)

model = Sequential(
    [Input((4,)), Dense(24, activation="relu"), Dense(24, activation="relu"), Dense(1, activation="sigmoid")]
)
model.compile(loss="binary_crossentropy", optimizer="adam")

for step in range(900):
    rows = rng.randint(0, 2500, 64)
    loss = model.train_on_batch(table[rows], leaves[rows])
    if step % 150 == 0:
        print(step, loss)

probability = model.predict(table[2500:], verbose=0)[:, 0]
print("metric", "accuracy", np.mean((probability > 0.5) == (leaves[2500:] == 1)))
