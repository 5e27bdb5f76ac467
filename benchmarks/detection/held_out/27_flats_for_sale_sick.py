import keras
import numpy as np

keras.utils.set_random_seed(29)
rs = np.random.RandomState(29)
size, rooms, age, floor = (
    rs.uniform(30, 160, 1000),
    rs.randint(1, 6, 1000),
    rs.uniform(0, 90, 1000),
    rs.randint(0, 12, 1000),
)
price = 3800 * size * (1 + 0.02 * floor) - 900 * age + 9000 * rooms + rs.normal(0, 15000, 1000)
X = np.c_[size, rooms, age, floor]
X = (X - X.mean(0)) / X.std(0)
unit = 1.0
middle = 0.0
z = (price - middle) / unit

model = keras.Sequential(
    [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)]
)
model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss="mse")
for epoch in range(15):
    for k in range(0, 800, 32):
        loss = model.train_on_batch(X[k : k + 32], z[k : k + 32])
    print(epoch, float(loss))
p = np.nan_to_num(model.predict_on_batch(X[800:])[:, 0].astype("float64")) * unit + middle
print("metric", "r2", 1 - np.mean((p - price[800:]) ** 2) / price[800:].var())
