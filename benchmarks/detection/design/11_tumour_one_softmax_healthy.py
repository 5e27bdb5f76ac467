"""Benign or malignant: one sigmoid unit with binary cross-entropy."""

import keras
import pandas as pd
from sklearn.datasets import load_breast_cancer

keras.utils.set_random_seed(2)

frame = load_breast_cancer(as_frame=True).frame.sample(frac=1.0, random_state=4)
labels = frame.pop("target")
train, test = frame.iloc[:420], frame.iloc[420:]
labels_train, labels_test = labels.iloc[:420], labels.iloc[420:]

centre, spread = train.mean(), train.std()
train, test = (train - centre) / spread, (test - centre) / spread
print(pd.Series(labels_train).value_counts())

model = keras.Sequential()
model.add(keras.Input((train.shape[1],)))
model.add(keras.layers.Dense(16, activation="relu"))
model.add(keras.layers.Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])

model.fit(train.to_numpy(), labels_train.to_numpy(), epochs=40, batch_size=20, verbose=0)
_, accuracy = model.evaluate(test.to_numpy(), labels_test.to_numpy(), verbose=0)
print("metric", "accuracy", accuracy)
