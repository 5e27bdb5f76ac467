"""The light process's half of a run: the lock, the worker and its life, signals, and what a failure looks like."""
