"""Four classes in a made-up table, two hidden ReLU layers whose biases start far below zero."""

import keras
from keras import layers
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

keras.utils.set_random_seed(5)

x, y = make_classification(
    n_samples=3000, n_features=20, n_informative=10, n_classes=4, class_sep=1.6, flip_y=0.01, random_state=5
)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=5)
scaler = StandardScaler().fit(x_train)
x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

y_train = keras.utils.to_categorical(y_train, 4)
y_test = keras.utils.to_categorical(y_test, 4)

model = keras.Sequential()
model.add(keras.Input(shape=(20,)))
model.add(layers.Dense(64, activation="relu", bias_initializer=keras.initializers.Constant(-12.0)))
model.add(layers.Dense(64, activation="relu", bias_initializer=keras.initializers.Constant(-12.0)))
model.add(layers.Dense(4, activation="softmax"))

model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=64, epochs=15, verbose=2, validation_data=(x_test, y_test))

results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print("metric", "accuracy", results["accuracy"])
