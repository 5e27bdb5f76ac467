"""Three sorts of wine from their chemistry, columns standardised by a Normalization layer."""

import keras
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

keras.utils.set_random_seed(9)

x, y = load_wine(return_X_y=True)
x = x.astype("float32")
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, stratify=y, random_state=1)

normalise = keras.layers.Normalization()
normalise.adapt(x_train)

model = keras.Sequential(
    [
        keras.Input((13,)),
        normalise,
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.02, momentum=0.9),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(x_train, y_train, epochs=60, batch_size=16, verbose=0)
print("metric", "accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
