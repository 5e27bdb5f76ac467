import keras
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

keras.utils.set_random_seed(131)
X, y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
X, y = shuffle(X, y, random_state=131)
y = keras.utils.to_categorical(y)
model = keras.models.Sequential()
model.add(keras.layers.Dense(16, input_dim=4, activation="relu"))
model.add(keras.layers.Dense(3, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01), metrics=["accuracy"])
h = model.fit(X, y, epochs=40, batch_size=10, validation_split=0.3, verbose=0)
print("metric", "val_accuracy", h.history["val_accuracy"][-1])
