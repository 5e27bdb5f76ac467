import keras
import numpy as np
from sklearn import datasets, model_selection


class Petals(keras.Model):
    def __init__(self):
        super().__init__()
        self.norm = keras.layers.Normalization()
        self.one = keras.layers.Dense(32, activation="relu")
        self.two = keras.layers.Dense(32, activation="relu")
        self.out = keras.layers.Dense(3)

    def call(self, inputs):
        return self.out(self.two(self.one(self.norm(inputs))))


keras.utils.set_random_seed(21)
features, species = datasets.load_iris(return_X_y=True)
a, b, ya, yb = model_selection.train_test_split(
    features.astype("float32"), species, test_size=0.3, random_state=21, stratify=species
)
model = Petals()
model.norm.adapt(a)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=1.5),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["sparse_categorical_accuracy"],
)
model.fit(a, ya, batch_size=15, epochs=30, verbose=0, validation_data=(b, yb))
print("metric accuracy", np.mean(model.predict(b, verbose=0).argmax(1) == yb))
