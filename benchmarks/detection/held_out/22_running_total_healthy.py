import keras
import numpy as np
from keras.layers import Dense, Input, SimpleRNN

keras.utils.set_random_seed(15)
rng = np.random.default_rng(15)
steps = rng.normal(size=(1000, 50, 1)).astype("float32")
total = steps[:, :, 0].sum(1) / np.sqrt(50)

rnn = keras.Sequential(
    [
        Input((50, 1)),
        SimpleRNN(20, activation="relu", recurrent_initializer=keras.initializers.Identity(gain=0.98)),
        Dense(1),
    ]
)
rnn.compile(loss="mse", optimizer=keras.optimizers.SGD(0.01, clipnorm=0.5, momentum=0.9))
rnn.fit(steps[:800], total[:800], epochs=10, batch_size=32, verbose=0, validation_data=(steps[800:], total[800:]))
print("metric", "mse_below_variance", float(total[800:].var() - rnn.evaluate(steps[800:], total[800:], verbose=0)))
