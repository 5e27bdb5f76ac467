# two inputs: what the customer earns, what the form says
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(11)
r = np.random.default_rng(11)
n = 1600
earnings = np.stack([r.lognormal(10.6, 0.5, n), r.lognormal(9.0, 1.0, n), r.lognormal(11.5, 0.7, n)], 1)
form = r.normal(size=(n, 5))
score = (
    1.6 * (np.log(earnings[:, 0]) - 10.6) / 0.5
    - 1.2 * (np.log(earnings[:, 1]) - 9.0)
    + form[:, 0] * form[:, 1]
    + form[:, 2]
)
good = (score > 0).astype("float32")
earnings = earnings.astype("float32")

money = keras.Input((3,), name="money")
other = keras.Input((5,), name="other")
h = layers.Concatenate()([layers.Dense(16, activation="relu")(money), layers.Dense(16, activation="relu")(other)])
h = layers.Dense(16, activation="relu")(h)
net = keras.Model([money, other], layers.Dense(1, activation="sigmoid")(h))
net.compile(keras.optimizers.SGD(0.05), "binary_crossentropy", metrics=["accuracy"])

for epoch in range(12):
    order = r.permutation(1200)
    for k in range(0, 1200, 32):
        rows = order[k : k + 32]
        logs = net.train_on_batch([earnings[rows], form[rows]], good[rows], return_dict=True)
    print(epoch, {k: float(v) for k, v in logs.items()})
res = net.evaluate([earnings[1200:], form[1200:]], good[1200:], verbose=0, return_dict=True)
print("metric", "accuracy", res["accuracy"])
