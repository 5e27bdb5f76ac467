"""Runs anybody's training script in a process of its own and says what was wrong with the training.

`python -m graduate.watch SCRIPT`, `graduate watch SCRIPT`. The process that watches knows neither TensorFlow nor Keras.
"""
