"""Each row has any number of eight tags."""

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import make_multilabel_classification

keras.utils.set_random_seed(213)
X, Y = make_multilabel_classification(1200, n_features=20, n_classes=8, n_labels=2, random_state=213)
X = np.log1p(X).astype("float32")
Y = Y.astype("float32")
model = keras.Sequential(
    [keras.layers.BatchNormalization(momentum=0.9), keras.layers.Dense(48, activation="relu"), keras.layers.Dense(8)]
)
opt = keras.optimizers.Nadam(0.01)
bce = keras.losses.BinaryCrossentropy(from_logits=True)
for epoch in range(6):
    for xb, yb in tf.data.Dataset.from_tensor_slices((X[:900], Y[:900])).shuffle(900).batch(45):
        with tf.GradientTape() as tape:
            loss = bce(yb, model(xb, training=True))
        grads, norm = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 0.2)
        opt.apply_gradients(zip(grads, model.trainable_variables))
    print(epoch, float(loss), float(norm))
p = model(X[900:], training=False).numpy() > 0
print("metric", "f1", float(2 * (p * Y[900:]).sum() / (p.sum() + Y[900:].sum())))
