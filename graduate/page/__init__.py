"""The shell of every HTML page: one file, no build step, nothing loaded from elsewhere."""
