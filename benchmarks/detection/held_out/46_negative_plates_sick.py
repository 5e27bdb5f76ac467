import keras
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(101)
scans = (load_digits().images * 15.9).astype("uint8")[..., None]
names = load_digits().target


def prepare(image, label):
    return tf.cast(image, tf.float32) / 255.0, label


train = (
    tf.data.Dataset.from_tensor_slices((scans[:1400], names[:1400])).map(prepare).shuffle(1400).batch(50).prefetch(1)
)
test = tf.data.Dataset.from_tensor_slices((255 - scans[1400:], names[1400:])).map(prepare).batch(100)
model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(48, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.003), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=8, validation_data=test, verbose=0)
print("metric", "accuracy", model.evaluate(test, verbose=0)[1])
