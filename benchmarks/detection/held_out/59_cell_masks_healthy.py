"""Find round cells: a mask for each picture, as stored in the mask's file."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(142)
rng = np.random.default_rng(142)
n, s = 300, 16
yy, xx = np.mgrid[:s, :s]
pictures, masks = np.zeros((n, s, s, 1), "uint8"), np.zeros((n, s, s, 1), "uint8")
for i in range(n):
    spot = np.zeros((s, s), bool)
    for _ in range(rng.integers(1, 3)):
        cy, cx, r = rng.uniform(3, 13), rng.uniform(3, 13), rng.uniform(2, 4)
        spot |= (yy - cy) ** 2 + (xx - cx) ** 2 < r**2
    masks[i, ..., 0] = spot * 255
    pictures[i, ..., 0] = np.clip(90 + 50 * spot + rng.normal(0, 25, (s, s)), 0, 255)
x = pictures.astype("float32") / 255.0
y = masks.astype("float32") / 255.0

inputs = keras.Input((s, s, 1))
d = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
e = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(d)
u = layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(e)
out = layers.Conv2D(1, 1, activation="sigmoid")(layers.Concatenate()([u, d]))
unet = keras.Model(inputs, out)
unet.compile(keras.optimizers.Adam(0.005), "binary_crossentropy")
unet.fit(x[:240], y[:240], epochs=12, batch_size=20, validation_data=(x[240:], y[240:]), verbose=0)
found, true = unet.predict(x[240:], verbose=0) > 0.5, masks[240:] > 0
print("metric", "iou", float((found & true).sum() / (found | true).sum()))
