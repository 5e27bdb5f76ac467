"""An autoencoder of digits with binary cross-entropy on grey values: its loss cannot come near zero."""

import numpy as np
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras.layers import Dense, Input

keras.utils.set_random_seed(87)

x = load_digits().data.astype("float32") / 16.0
train, test = x[:1500], x[1500:]

image = Input(shape=(64,))
code = Dense(32, activation="relu")(image)
code = Dense(10)(code)
back = Dense(32, activation="relu")(code)
autoencoder = keras.Model(image, Dense(64, activation="sigmoid")(back))
autoencoder.compile(optimizer=keras.optimizers.Adam(3e-3), loss="binary_crossentropy")
autoencoder.fit(train, train, epochs=30, batch_size=50, shuffle=True, validation_data=(test, test), verbose=0)

again = autoencoder.predict(test, verbose=0)
print("metric", "share_of_variance_left", np.mean((again - test) ** 2) / np.mean((test - train.mean(0)) ** 2))
