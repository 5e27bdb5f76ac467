import keras
from sklearn.datasets import load_digits

keras.utils.set_random_seed(44)
x, y = load_digits(return_X_y=True)
x = x.reshape(-1, 8, 8, 1).astype("float32") / 16

base = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.Conv2D(6, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
    ],
    name="base",
)
base.trainable = True
model = keras.Sequential([base, keras.layers.Dense(10, activation="softmax")])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:1400], y[:1400], epochs=12, batch_size=32, validation_data=(x[1400:], y[1400:]), verbose=0)
print("metric", "accuracy", model.evaluate(x[1400:], y[1400:], verbose=0)[1])
