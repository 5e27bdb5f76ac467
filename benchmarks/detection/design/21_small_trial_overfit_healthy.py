"""A small noisy trial with many columns: weight penalty, dropout and early stopping."""

import keras
import numpy as np
from keras import layers, regularizers
from sklearn.metrics import log_loss

keras.utils.set_random_seed(33)
rng = np.random.default_rng(33)

patients = rng.normal(size=(1100, 60)).astype("float32")
effect = patients[:, :5] @ np.array([1.0, -0.8, 0.7, 0.6, -0.5]) + rng.normal(0, 1.2, 1100)
recovered = (effect > 0).astype("int32")
x_train, y_train = patients[:200], recovered[:200]
x_val, y_val = patients[200:400], recovered[200:400]
x_test, y_test = patients[400:], recovered[400:]

model = keras.Sequential()
model.add(keras.Input((60,)))
model.add(layers.Dense(16, activation="relu", kernel_regularizer=regularizers.l2(0.02)))
model.add(layers.Dropout(0.5))
model.add(layers.Dense(16, activation="relu", kernel_regularizer=regularizers.l2(0.02)))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy", metrics=["accuracy"])
stopping = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
history = model.fit(
    x_train,
    y_train,
    validation_data=(x_val, y_val),
    epochs=100,
    batch_size=20,
    callbacks=[stopping],
    verbose=0,
)
print("epochs", len(history.history["loss"]), "validation accuracy", history.history["val_accuracy"][-1])
print("metric", "log_loss", log_loss(y_test, model.predict(x_test, verbose=0)[:, 0].astype("float64")))
