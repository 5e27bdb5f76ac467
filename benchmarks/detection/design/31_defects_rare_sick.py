"""One part in twenty-five is defective; the model calls every part good."""

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score

keras.utils.set_random_seed(50)
rng = np.random.default_rng(50)

n = 5000
defect = (rng.random(n) < 0.04).astype("int32")
measures = rng.normal(size=(n, 8)).astype("float32")
measures[:, :4] += 0.75 * defect[:, None]
x_train, y_train, x_test, y_test = measures[:3500], defect[:3500], measures[3500:], defect[3500:]

model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(
    x_train,
    y_train,
    validation_data=(x_test, y_test),
    epochs=12,
    batch_size=64,
    verbose=2,
)
answers = model.predict(x_test, verbose=0)[:, 0] > 0.5
print("called defective:", int(answers.sum()), "of", len(answers))
print("metric", "balanced_accuracy", balanced_accuracy_score(y_test, answers))
