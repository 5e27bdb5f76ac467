import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(14)
rng = np.random.default_rng(14)
angles = rng.uniform(-1, 1, (1500, 6)).astype(np.float32)
reach = np.stack(
    [
        np.cos(angles[:, 0]) + np.cos(angles[:, 0] + angles[:, 1]),
        np.sin(angles[:, 0]) + np.sin(angles[:, 0] + angles[:, 1]) + angles[:, 2] * angles[:, 3],
    ],
    1,
)
reach = ((reach - reach.mean(0)) / reach.std(0)).astype(np.float32)

init = tf.keras.initializers.RandomNormal(stddev=6.0)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((6,)),
        tf.keras.layers.Dense(32, "tanh", kernel_initializer=init),
        tf.keras.layers.Dense(32, "tanh", kernel_initializer=init),
        tf.keras.layers.Dense(32, "tanh", kernel_initializer=init),
        tf.keras.layers.Dense(2),
    ]
)
model.compile(loss="mse", optimizer=tf.keras.optimizers.SGD(0.05, momentum=0.9))
model.fit(
    angles[:1200], reach[:1200], epochs=25, batch_size=48, verbose=0, validation_data=(angles[1200:], reach[1200:])
)
res = model.predict(angles[1200:], verbose=0) - reach[1200:]
print("metric", "r2", 1 - np.mean(res**2) / np.mean((reach[1200:] - reach[1200:].mean(0)) ** 2))
