import keras
import numpy as np
from sklearn.datasets import load_digits

keras.utils.set_random_seed(8)
images, targets = load_digits(return_X_y=True)
images = (images / 16.0).reshape(-1, 8, 8, 1).astype(np.float32)
cut = 1300

inp = keras.Input((8, 8, 1))
x = keras.layers.Conv2D(12, 3, padding="same", activation="relu")(inp)
skip = x
x = keras.layers.Conv2D(12, 3, padding="same", activation="relu")(x)
x = keras.layers.Add()([x, skip])
x = keras.layers.MaxPooling2D()(x)
x = keras.layers.Flatten()(x)
out = keras.layers.Dense(10, activation="softmax")(x)
model = keras.Model(inp, out)

lr = keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=0.005, decay_steps=1, decay_rate=0.8)
model.compile(optimizer=keras.optimizers.Adam(lr), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    images[:cut], targets[:cut], batch_size=64, epochs=8, validation_data=(images[cut:], targets[cut:]), verbose=0
)
print("metric", "accuracy", model.evaluate(images[cut:], targets[cut:], verbose=0)[1])
