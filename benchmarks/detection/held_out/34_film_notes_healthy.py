import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(62)
rng = np.random.default_rng(62)


def notes(n):
    like = rng.integers(0, 2, n)
    words = rng.integers(60, 1500, (n, 25))
    told = rng.random((n, 25)) < 0.12
    words[told] = (
        rng.integers(0, 30, (n, 25)) * 2 + np.where(rng.random((n, 25)) < 0.8, like[:, None], 1 - like[:, None])
    )[told]
    return words, like


train, valid, test = notes(250), notes(200), notes(600)
model = keras.Sequential(
    [
        layers.Input((25,), dtype="int32"),
        layers.Embedding(1500, 8),
        layers.GlobalAveragePooling1D(),
        layers.Dropout(0.4),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(
    *train,
    batch_size=25,
    epochs=25,
    validation_data=valid,
    verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
)
print("metric", "loss", model.evaluate(*test, verbose=0)[0])
