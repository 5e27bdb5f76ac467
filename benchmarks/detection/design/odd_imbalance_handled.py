"""Three in a hundred are positive; the last bias starts at the log odds and the classes are separable."""

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score

keras.utils.set_random_seed(86)
rng = np.random.default_rng(86)

n = 6000
positive = (rng.random(n) < 0.03).astype("int32")
x = rng.normal(size=(n, 10)).astype("float32")
x[:, :3] += 2.2 * positive[:, None]
share = positive[:4500].mean()

model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(24, activation="relu"),
        keras.layers.Dense(
            1, activation="sigmoid", bias_initializer=keras.initializers.Constant(np.log(share / (1 - share)))
        ),
    ]
)
model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
model.fit(x[:4500], positive[:4500], epochs=15, batch_size=100, validation_data=(x[4500:], positive[4500:]), verbose=2)
print(
    "metric",
    "balanced_accuracy",
    balanced_accuracy_score(positive[4500:], model.predict(x[4500:], verbose=0)[:, 0] > 0.5),
)
