# small memory: gradients of four small batches are added up
import keras
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(51)
x, y = load_digits(return_X_y=True)
x = (x / 16).astype("float32")
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10)])
ce = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.005)
every = 4


@tf.function
def gradients(a, b):
    with tf.GradientTape() as tape:
        loss = ce(b, model(a, training=True))
    return loss, tape.gradient(loss, model.trainable_variables)


for epoch in range(8):
    held = [tf.zeros_like(v) for v in model.trainable_variables]
    for i in range(40):
        loss, new = gradients(x[i * 32 : i * 32 + 32], y[i * 32 : i * 32 + 32])
        held = [h + n / every for h, n in zip(held, new)]
        if (i + 1) % every == 0:
            optimizer.apply_gradients(zip(held, model.trainable_variables))
            held = [tf.zeros_like(v) for v in model.trainable_variables]
    print(f"{epoch}: {float(loss):.4f}")
print("metric", "accuracy", float((model(x[1300:]).numpy().argmax(1) == y[1300:]).mean()))
