from keras import Input, Sequential, optimizers, utils
from keras.layers import Dense
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

utils.set_random_seed(2)
wine = load_wine()
xtr, xte, ytr, yte = train_test_split(wine.data, utils.to_categorical(wine.target), test_size=0.3, random_state=2)
mu, sd = xtr.mean(0), xtr.std(0)
net = Sequential(
    [Input((13,)), Dense(20, activation="relu"), Dense(20, activation="relu"), Dense(3, activation="softmax")]
)
net.compile(optimizers.SGD(1e-5), "categorical_crossentropy", metrics=["accuracy"])
net.fit((xtr - mu) / sd, ytr, epochs=40, batch_size=16, validation_split=0.15, verbose=2)
print("metric", "accuracy", net.evaluate((xte - mu) / sd, yte, verbose=0)[1])
