"""How far a disease has gone after a year; the rate falls along the way."""

import keras
import tensorflow as tf
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score

keras.utils.set_random_seed(5)
X, y = load_diabetes(return_X_y=True, scaled=False)
X = (X - X.mean(axis=0)) / X.std(axis=0)
y = (y - y.mean()) / y.std()
X, y = tf.constant(X, tf.float32), tf.constant(y[:, None], tf.float32)
ds = tf.data.Dataset.from_tensor_slices((X[:340], y[:340])).shuffle(340, seed=5).batch(20)

schedule = keras.optimizers.schedules.ExponentialDecay(0.02, decay_steps=200, decay_rate=0.5)
opt = keras.optimizers.SGD(schedule)
model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)


@tf.function
def step(a, b):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(a, training=True) - b))
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss


for epoch in range(25):
    losses = [float(step(a, b)) for a, b in ds]
    print(epoch, sum(losses) / len(losses))
p = model(X[340:]).numpy()
print("metric", "r2", r2_score(y[340:].numpy(), p) if abs(p).max() < 1e30 else "nan")
