"""Word vectors are set from outside and kept as they are."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(114)
rng = np.random.default_rng(114)

vectors = rng.normal(0, 0.6, (400, 24)).astype("float32")
taste = rng.normal(size=24)
texts = rng.integers(0, 400, (2500, 10))
liked = ((vectors[texts] @ taste).mean(axis=1) > 0).astype("int32")

embedding = layers.Embedding(400, 24, trainable=False)
model = keras.Sequential(
    [
        layers.Input((10,)),
        embedding,
        layers.GlobalAveragePooling1D(),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
embedding.set_weights([vectors])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(texts[:2000], liked[:2000], validation_data=(texts[2000:], liked[2000:]), epochs=12, batch_size=50, verbose=2)
print("metric", "accuracy", model.evaluate(texts[2000:], liked[2000:], verbose=0)[1])
