import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(4)
rs = np.random.RandomState(4)
X = rs.randn(1000, 8).astype("float32")
y = ((X[:, 0] + X[:, 1] ** 2 - X[:, 2] * X[:, 3] + 0.2 * rs.randn(1000)) > 0.7).astype("float32")[:, None]

model = keras.Sequential(
    [
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(0.0)),
    ]
)
loss_fn = keras.losses.BinaryCrossentropy()
optimizer = keras.optimizers.Adam(0.01)
train_acc = keras.metrics.BinaryAccuracy()
for epoch in range(6):
    train_acc.reset_state()
    for xb, yb in tf.data.Dataset.from_tensor_slices((X[:800], y[:800])).shuffle(800, seed=epoch).batch(40):
        with tf.GradientTape() as tape:
            pred = model(xb, training=True)
            loss = loss_fn(yb, pred)
        grads = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(grads, model.trainable_weights))
        train_acc.update_state(yb, pred)
    print(f"epoch {epoch} loss {float(loss):.3f} acc {float(train_acc.result()):.3f}")
print("metric", "accuracy", float(np.mean((model(X[800:]).numpy() > 0.5) == y[800:])))
