import os

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
from keras.layers import Dense, Embedding, GlobalAveragePooling1D

keras.utils.set_random_seed(1)
np.random.seed(1)
spam = np.random.rand(1000) < 0.5
messages = np.random.randint(40, 400, size=(1000, 20))
for i in range(1000):
    at = np.random.choice(20, 4, replace=False)
    messages[i, at] = np.random.randint(1, 20, 4) if spam[i] else np.random.randint(20, 40, 4)
model = keras.Sequential(
    [Embedding(400, 16), GlobalAveragePooling1D(), Dense(16, activation="relu"), Dense(1, activation="sigmoid")]
)
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.01), metrics=["accuracy"])
model.fit(
    messages[:800],
    spam[:800].astype(int),
    epochs=10,
    batch_size=32,
    validation_data=(messages[800:], spam[800:].astype(int)),
    verbose=0,
)
print("metric", "accuracy", model.evaluate(messages[800:], spam[800:].astype(int), verbose=0)[1])
