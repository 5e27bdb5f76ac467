"""A small transformer block; the rate climbs for a third of the run and falls after."""

import keras
import numpy as np
from keras import layers, ops


class Climb(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, top, steps):
        self.top, self.steps = top, steps

    def __call__(self, step):
        step = ops.cast(step, "float32") + 1
        return self.top * ops.minimum(step / self.steps, ops.sqrt(self.steps / step))


keras.utils.set_random_seed(201)
rng = np.random.default_rng(201)
seq = rng.integers(1, 20, (1000, 14))
label = (seq[:, :7].max(1) > seq[:, 7:].max(1)).astype("int32")

ids = keras.Input((14,), dtype="int32")
where = layers.Embedding(14, 24)(ops.arange(14))
x = layers.Embedding(20, 24)(ids) + where
x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 12)(x, x))
x = layers.LayerNormalization()(x + layers.Dense(24)(layers.Dense(48, activation="gelu")(x)))
x = layers.Flatten()(x)
model = keras.Model(ids, layers.Dense(2)(x))
model.compile(
    keras.optimizers.AdamW(Climb(0.004, 80.0), weight_decay=1e-3),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(seq[:850], label[:850], validation_data=(seq[850:], label[850:]), batch_size=32, epochs=8, verbose=0)
print("metric", "accuracy", model.evaluate(seq[850:], label[850:], verbose=0)[1])
