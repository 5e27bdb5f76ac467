import keras
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(65)
bunch = load_digits()
x_train, x_test, y_train, y_test = train_test_split(
    bunch.data / 16.0, keras.utils.to_categorical(bunch.target), random_state=65, test_size=0.25
)
model = keras.Sequential()
model.add(keras.Input(shape=(64,)))
model.add(keras.layers.Dense(1, activation="tanh"))
model.add(keras.layers.Dense(10, activation="softmax"))
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="categorical_crossentropy", metrics=["accuracy"]
)
model.fit(x_train, y_train, validation_data=(x_test, y_test), batch_size=64, epochs=30, verbose=0)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
