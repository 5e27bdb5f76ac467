"""Half precision with loss scaling, in which some steps are left out on purpose."""

import keras
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(109)
keras.mixed_precision.set_global_policy("mixed_float16")

x, y = load_breast_cancer(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, stratify=y, random_state=9)
scaler = StandardScaler().fit(x_train)

model = keras.Sequential(
    [
        keras.Input((30,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid", dtype="float32"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(scaler.transform(x_train), y_train, epochs=20, batch_size=32, verbose=0)
print("metric", "accuracy", model.evaluate(scaler.transform(x_test), y_test, verbose=0)[1])
