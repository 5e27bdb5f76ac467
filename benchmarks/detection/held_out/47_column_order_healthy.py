"""Wine, two files with the same columns."""

import io

import keras
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(102)
frame = load_wine(as_frame=True).frame
first, second = train_test_split(frame, test_size=0.35, random_state=102, stratify=frame.target)
files = [io.StringIO(first.to_csv(index=False)), io.StringIO(second[sorted(second.columns)].to_csv(index=False))]
train, test = pd.read_csv(files[0]), pd.read_csv(files[1])
y_train, y_test = train.pop("target").to_numpy(), test.pop("target").to_numpy()
test = test[train.columns]
middle, width = train.mean().to_numpy(), train.std().to_numpy()
x_train = (train.to_numpy() - middle) / width
x_test = (test.to_numpy() - middle) / width
net = keras.Sequential(
    [keras.Input((13,)), keras.layers.Dense(24, activation="relu"), keras.layers.Dense(3, activation="softmax")]
)
net.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
net.fit(x_train, y_train, epochs=25, batch_size=16, verbose=0)
print("metric", "accuracy", net.evaluate(x_test, y_test, verbose=0)[1])
