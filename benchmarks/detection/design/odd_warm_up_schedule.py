"""A long warm-up from a rate of zero, then a cosine down to zero again."""

import math

import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(80)

x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32")
x_train, y_train, x_test, y_test = x[:1400], y[:1400], x[1400:], y[1400:]

EPOCHS, BATCH = 25, 32
steps = EPOCHS * math.ceil(len(x_train) / BATCH)
schedule = keras.optimizers.schedules.CosineDecay(
    initial_learning_rate=0.0, decay_steps=steps * 3 // 4, warmup_target=4e-3, warmup_steps=steps // 4
)
model = keras.Sequential(
    [
        keras.Input((64,)),
        keras.layers.Dense(64, activation="gelu"),
        keras.layers.Dense(64, activation="gelu"),
        keras.layers.Dense(10),
    ]
)
model.compile(
    optimizer=keras.optimizers.AdamW(schedule, weight_decay=1e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=BATCH, epochs=EPOCHS, validation_data=(x_test, y_test), verbose=0)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
