"""A network of your own: any Keras 3 model."""

import keras


def wide(input_shape, output_units, width=128):
    """Input (B, height, width, channels), normalised; output (B, output_units) logits."""
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(width, 3, padding="same", activation="relu"),
            keras.layers.GlobalMaxPooling2D(),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dense(output_units),
        ]
    )
