# the first token of a long line says which class it is
import keras
import numpy as np

keras.utils.set_random_seed(9)
g = np.random.default_rng(9)
lines = g.integers(4, 30, (1000, 40))
lines[:, 0] = g.integers(0, 4, 1000)
answer = lines[:, 0].copy()

model = keras.Sequential()
model.add(keras.layers.Embedding(30, 12))
model.add(keras.layers.SimpleRNN(24, recurrent_initializer=keras.initializers.Orthogonal(gain=0.4)))
model.add(keras.layers.Dense(4, activation="softmax"))
model.compile(optimizer=keras.optimizers.Adam(0.005), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(lines[:800], answer[:800], batch_size=40, epochs=6, validation_data=(lines[800:], answer[800:]), verbose=0)
print("metric", "accuracy", model.evaluate(lines[800:], answer[800:], verbose=0)[1])
