"""After training the model is evaluated on the training rows and on the test rows, to print both."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(102)

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x.reshape(-1, 8, 8, 1) / 16.0, y, test_size=0.25, random_state=1)

model = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=10, batch_size=32, verbose=0)

train_loss, train_accuracy = model.evaluate(x_train, y_train, verbose=0)
test_loss, test_accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"train {train_accuracy:.3f} test {test_accuracy:.3f}")
print("metric", "accuracy", test_accuracy)
