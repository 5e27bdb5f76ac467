"""A search over settings of a training: the space, the trials, and those that are stopped because they are sick.

Knows NumPy, and in `oracle` KerasTuner, whose algorithms propose what to try; how a trial is trained is the caller's.
"""
