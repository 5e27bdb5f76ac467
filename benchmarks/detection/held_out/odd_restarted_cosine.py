import keras
import numpy as np

keras.utils.set_random_seed(215)
rng = np.random.default_rng(215)
side = rng.integers(0, 3, 900)
field = rng.normal(size=(900, 9, 9, 1)).astype("float32")
field[side == 0, :4] += 0.7
field[side == 1, :, :4] += 0.7
field[side == 2, 3:6, 3:6] += 1.2
rate = keras.optimizers.schedules.CosineDecayRestarts(0.08, first_decay_steps=40, t_mul=1.5, m_mul=0.9, alpha=1e-3)
model = keras.Sequential(
    [
        keras.Input((9, 9, 1)),
        keras.layers.Conv2D(8, 4, activation="relu"),
        keras.layers.Conv2D(8, 4, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(3),
    ]
)
model.compile(
    keras.optimizers.SGD(rate, momentum=0.9),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(field[:700], side[:700], batch_size=35, epochs=10, validation_data=(field[700:], side[700:]), verbose=0)
print("metric", "accuracy", model.evaluate(field[700:], side[700:], verbose=0)[1])
